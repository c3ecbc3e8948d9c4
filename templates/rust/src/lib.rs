use dishtayantra_pyo3::dishtayantra::calculator::{Calculator, Input, Map, map};
use dishtayantra_pyo3::dishtayantra::{Numbers, Result};

struct Mean;

impl Mean {
    // Its configuration.
    fn new(_config: &dyn Input) -> Result<Mean> {
        Ok(Mean)
    }
}

impl Calculator for Mean {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let values = input.numbers("values")?; // in place, wherever they lie
        let sum: f64 = values.slice().iter().sum();
        Ok(map([("mean", (sum / values.len() as f64).into())]))
    }
}

// Of a table its columns: `trades` may be a list of dicts, a dict of arrays and lists, or a frame.
struct MeanOfColumn {
    column: String,
}

impl MeanOfColumn {
    fn new(config: &dyn Input) -> Result<MeanOfColumn> {
        Ok(MeanOfColumn { column: config.find_text("column")?.unwrap_or_else(|| "px".to_owned()) })
    }
}

impl Calculator for MeanOfColumn {
    fn compute<'a>(&self, input: &'a dyn Input) -> Result<Map<'a>> {
        let values = Numbers::of_column(input.table("trades")?.column(&self.column)?)?;
        let sum: f64 = values.slice().iter().sum();
        Ok(map([("mean", (sum / values.len() as f64).into())]))
    }
}

dishtayantra_pyo3::python_module! {
    mod mean_rust {
        /// The mean of `values`.
        Mean,
        /// The mean of a column of `trades`.
        MeanOfColumn
    }
}
