//! A calculator as a Python class that an engine can call directly or with references.

use crate::errors::raised;
use crate::payload::{PythonInput, opened};
use crate::results::dict_of;
use dishtayantra::calculator::{Calculator, Input, calculate_with};
use dishtayantra::{Result, versions, wire};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What classes of calculators have in common: name, configuration, the calculator, and what happened so far.
pub struct Called {
    name: Mutex<String>,
    config: Py<PyDict>,
    core: Box<dyn Calculator>,
    calculations: AtomicU64,
    references: AtomicU64,
    outputs_written: AtomicU64,
    refusal: Mutex<Option<String>>,
}

/// The content of a lock; no panic can leave it half made.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name and what happened so far.
impl fmt::Debug for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        f.debug_struct("Called")
            .field("name", &*locked(&self.name))
            .field("calculations", &count(&self.calculations))
            .field("references", &count(&self.references))
            .field("outputs_written", &count(&self.outputs_written))
            .field("refusal", &*locked(&self.refusal))
            .finish_non_exhaustive()
    }
}

impl Called {
    /// The class's object, whose core `make` makes of a copy of the configuration.
    pub fn new<C: Calculator + 'static>(
        py: Python<'_>,
        name: String,
        config: Option<Bound<'_, PyAny>>,
        make: fn(&dyn Input) -> Result<C>,
    ) -> PyResult<Called> {
        let copy = match config {
            Some(config) => py.get_type::<PyDict>().call1((config,))?.cast_into::<PyDict>()?,
            None => PyDict::new(py),
        };
        let settings = PythonInput::new(copy.clone().into_any());
        let core = make(&settings);
        if let Some(exception) = settings.take_raised() {
            return Err(exception);
        }
        Ok(Called {
            name: Mutex::new(name),
            config: copy.unbind(),
            core: Box::new(core.map_err(|error| raised(py, &error))?),
            calculations: AtomicU64::new(0),
            references: AtomicU64::new(0),
            outputs_written: AtomicU64::new(0),
            refusal: Mutex::new(None),
        })
    }

    /// The result, or `{"_lmdb_output_written": True}` when it is in the store. Without the GIL while it opens, waits,
    /// computes and writes.
    pub fn calculate<'py>(&self, py: Python<'py>, data: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
        self.calculations.fetch_add(1, Ordering::Relaxed);
        let given = PythonInput::new(data);
        let answer = py.detach(|| {
            calculate_with(&*self.core, &given, |view| {
                self.references.fetch_add(1, Ordering::Relaxed);
                opened(view)
            })
        });
        if let Some(exception) = given.take_raised() {
            return Err(exception);
        }
        let answer = answer.map_err(|error| raised(py, &error))?;
        if answer.refusal.is_some() {
            *locked(&self.refusal) = answer.refusal;
        }
        if !answer.written {
            return dict_of(py, answer.result);
        }
        self.outputs_written.fetch_add(1, Ordering::Relaxed);
        let written = PyDict::new(py);
        written.set_item(intern!(py, wire::OUTPUT_WRITTEN), true)?;
        Ok(written)
    }

    /// Name, class, settings, and what happened so far.
    pub fn details<'py>(&self, py: Python<'py>, class: &str) -> PyResult<Bound<'py, PyDict>> {
        let details = dict_of(py, self.core.details())?;
        details.set_item("name", self.name())?;
        details.set_item("type", class)?;
        details.set_item("language", "Rust")?;
        details.set_item("library_version", versions().map_err(|error| raised(py, &error))?.library)?;
        for (name, count) in [
            ("calculations", &self.calculations),
            ("references", &self.references),
            ("outputs_written", &self.outputs_written),
        ] {
            details.set_item(name, count.load(Ordering::Relaxed))?;
        }
        if let Some(refusal) = &*locked(&self.refusal) {
            details.set_item("last_refusal", refusal)?;
        }
        Ok(details)
    }

    /// Its name, as it was given or set.
    pub fn name(&self) -> String {
        locked(&self.name).clone()
    }

    /// Renames it.
    pub fn set_name(&self, name: String) {
        *locked(&self.name) = name;
    }

    /// A copy of the configuration it was made with.
    pub fn config(&self, py: Python<'_>) -> Py<PyDict> {
        self.config.clone_ref(py)
    }
}

/// A Python module of calculators: `mod` and its name, then each of them under its own name as `Class(name, config)` with
/// `calculate` and `details`, made from its configuration by `new(&dyn Input) -> Result<Self>`.
///
/// ```ignore
/// dishtayantra_pyo3::python_module! {
///     /// What the module is.
///     mod mine {
///         /// The mean of `values`.
///         Mean,
///     }
/// }
/// ```
#[macro_export]
macro_rules! python_module {
    ($(#[doc = $module_doc:literal])* mod $module:ident { $($(#[doc = $doc:literal])* $core:ident),+ $(,)? }) => {
        $(#[doc = $module_doc])*
        #[$crate::pyo3::pymodule(crate = "::dishtayantra_pyo3::pyo3", gil_used = false)]
        mod $module {
            $(
                $(#[doc = $doc])*
                #[::dishtayantra_pyo3::pyo3::pyclass(
                    crate = "::dishtayantra_pyo3::pyo3", frozen, dict, weakref, subclass
                )]
                pub struct $core(::dishtayantra_pyo3::Called);

                $crate::python_methods! { $core, stringify!($core), super::$core }
            )+
        }
    };
}

/// `$class`, in Python `$name` of the module `$module`: `Class(name, config)` with `calculate` and `details`, whose core
/// `$core` is made from its configuration by `$core::new(&dyn Input) -> Result<$core>`. For modules that hold more than
/// calculators; [`python_module`] makes whole ones.
#[macro_export]
macro_rules! python_class {
    ($(#[doc = $doc:literal])* $class:ident = $name:literal, $core:ty, $module:literal) => {
        $(#[doc = $doc])*
        #[$crate::pyo3::pyclass(
            crate = "::dishtayantra_pyo3::pyo3", frozen, dict, weakref, subclass, name = $name, module = $module
        )]
        pub struct $class($crate::Called);

        $crate::python_methods! { $class, $name, $core }
    };
}

/// What the classes of calculators answer to.
#[doc(hidden)]
#[macro_export]
macro_rules! python_methods {
    ($class:ident, $name:expr, $core:ty) => {
        #[$crate::pyo3::pymethods(crate = "::dishtayantra_pyo3::pyo3")]
        impl $class {
            #[new]
            #[pyo3(signature = (name, config = None))]
            fn new(
                py: $crate::pyo3::Python<'_>,
                name: String,
                config: Option<$crate::pyo3::Bound<'_, $crate::pyo3::PyAny>>,
            ) -> $crate::pyo3::PyResult<Self> {
                $crate::Called::new(py, name, config, <$core>::new).map($class)
            }

            /// The result for a dict, an array, raw bytes of float64 or a reference.
            fn calculate<'py>(
                &self,
                py: $crate::pyo3::Python<'py>,
                data: $crate::pyo3::Bound<'py, $crate::pyo3::PyAny>,
            ) -> $crate::pyo3::PyResult<$crate::pyo3::Bound<'py, $crate::pyo3::types::PyDict>> {
                self.0.calculate(py, data)
            }

            /// Name, class, settings and counts of calls, references and stored outputs.
            fn details<'py>(
                &self,
                py: $crate::pyo3::Python<'py>,
            ) -> $crate::pyo3::PyResult<$crate::pyo3::Bound<'py, $crate::pyo3::types::PyDict>> {
                self.0.details(py, $name)
            }

            #[getter]
            fn get_name(&self) -> String {
                self.0.name()
            }

            #[setter]
            fn set_name(&self, name: String) {
                self.0.set_name(name);
            }

            /// A copy of the configuration it was made with.
            #[getter]
            fn config(&self, py: $crate::pyo3::Python<'_>) -> $crate::pyo3::Py<$crate::pyo3::types::PyDict> {
                self.0.config(py)
            }
        }
    };
}
