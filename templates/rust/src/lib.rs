use dishtayantra_pyo3::dishtayantra::Result;
use dishtayantra_pyo3::dishtayantra::calculator::{Calculator, Input, Map, map};

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

dishtayantra_pyo3::python_module! {
    mod mean_rust {
        /// The mean of `values`.
        Mean
    }
}
