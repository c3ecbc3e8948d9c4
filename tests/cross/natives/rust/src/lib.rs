//! Python module of a native calculator that an engine has of its own: it links nothing of this project.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Has never heard of references: computes on whatever dict it gets, on nothing when there are no values.
#[pyclass]
pub struct IgnoresReferences {
    calls: u64,
}

#[pymethods]
impl IgnoresReferences {
    #[new]
    fn new(_name: String, _config: Bound<'_, PyDict>) -> IgnoresReferences {
        IgnoresReferences { calls: 0 }
    }

    /// The sum of the values, one after the other.
    fn calculate<'py>(&mut self, data: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
        self.calls += 1;
        let values: Vec<f64> = match data.get_item("values")? {
            Some(values) => values.extract()?,
            None => Vec::new(),
        };
        let result = PyDict::new(data.py());
        result.set_item("sum", values.iter().sum::<f64>())?;
        Ok(result)
    }

    /// How often it was called.
    fn details<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let details = PyDict::new(py);
        details.set_item("calls", self.calls)?;
        Ok(details)
    }
}

/// The module.
#[pymodule]
fn dishtayantra_cross_natives(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<IgnoresReferences>()
}
