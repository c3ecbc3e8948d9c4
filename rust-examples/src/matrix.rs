//! Statistics and transposition of a matrix.

use crate::statistics::{extremes_of, nonempty, sum};
use dishtayantra::calculator::{ComputesInto, Input, Map, Output, map};
use dishtayantra::{Error, Numbers, Result};

#[derive(Clone, Copy, PartialEq)]
enum Operation {
    Statistics,
    Transpose,
}

impl Operation {
    /// What an input or a configuration asks for.
    fn asked(by: &dyn Input) -> Result<Option<Operation>> {
        by.find_text("operation")?
            .map(|name| match name.as_str() {
                "statistics" => Ok(Operation::Statistics),
                "transpose" => Ok(Operation::Transpose),
                _ => Err(Error::invalid(format!("operation '{name}': statistics or transpose are there"))),
            })
            .transpose()
    }

    fn name(self) -> &'static str {
        match self {
            Operation::Statistics => "statistics",
            Operation::Transpose => "transpose",
        }
    }
}

/// Computes on `values`: one or two dimensions, one meaning a single row.
///
/// `operation`, in the input or else in the configuration:
/// - "statistics" (default): `rows`, `columns`, `sum`, `mean`, `min`, `max` over all elements, as np.sum(values),
///   np.mean(values), np.min(values), np.max(values). A NaN makes them NaN.
/// - "transpose": `values`, the transposed matrix with columns × rows elements, as values.T: an array, or lists when it
///   came as lists; computed where it goes.
///
/// Fails for missing or empty values, three dimensions or another operation.
pub struct MatrixProcessor {
    operation: Operation,
}

impl MatrixProcessor {
    pub fn new(config: &dyn Input) -> Result<MatrixProcessor> {
        Ok(MatrixProcessor { operation: Operation::asked(config)?.unwrap_or(Operation::Statistics) })
    }
}

impl ComputesInto for MatrixProcessor {
    fn compute_into<'a>(&self, input: &'a dyn Input, output: &mut dyn Output<'a>) -> Result<()> {
        let operation = Operation::asked(input)?.unwrap_or(self.operation);
        let values = nonempty(input, "values")?;
        let dimensions = values.shape().len();
        if dimensions > 2 {
            return Err(Error::invalid(format!(
                "'values' has {dimensions} dimensions; a matrix has one or two"
            )));
        }
        let columns = values.shape().last().copied().unwrap_or(1);
        let rows = values.len() / columns;
        if operation == Operation::Transpose {
            transpose(&values, rows, columns, output.array("values", &[columns, rows], values.is_list())?);
            return Ok(());
        }
        let total = sum(values.slice());
        let (min, max) = extremes_of(values.slice(), |x| x);
        output.put(map([
            ("rows", rows.into()),
            ("columns", columns.into()),
            ("sum", total.into()),
            ("mean", (total / values.len() as f64).into()),
            ("min", min.into()),
            ("max", max.into()),
        ]))
    }

    fn details(&self) -> Map<'static> {
        map([("operation", self.operation.name().into())])
    }
}

fn transpose(values: &Numbers<'_>, rows: usize, columns: usize, to: &mut [f64]) {
    // Square blocks: both sides stay in the first-level cache.
    const BLOCK: usize = 32;
    let from = values.slice();
    if values.fortran_order() {
        to.copy_from_slice(from);
        return;
    }
    for row in (0..rows).step_by(BLOCK) {
        for column in (0..columns).step_by(BLOCK) {
            for i in row..rows.min(row + BLOCK) {
                for j in column..columns.min(column + BLOCK) {
                    to[j * rows + i] = from[i * columns + j];
                }
            }
        }
    }
}
