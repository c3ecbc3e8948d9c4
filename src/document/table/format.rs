//! What the values of a column are: Arrow's format strings.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface.html#data-type-description-format-strings>

/// How the values of a column lie in its buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `n`: no value is there. A column of such still has a bit for each.
    Null,
    /// `b`: a bit each, the lowest of a byte first.
    Bool,
    /// `c`, `s`, `i`, `l`: integers of so many bytes.
    Signed(u8),
    /// `C`, `S`, `I`, `L`: integers of so many bytes that are not below zero.
    Unsigned(u8),
    /// `e`, `f`, `g`: floats of so many bytes.
    Float(u8),
    /// Dates, times of the day, points in time and spans of it: integers of so many bytes.
    Time(u8),
    /// `tin`: months, days and nanoseconds; `tiD`: days and milliseconds; so many bytes together.
    Interval(u8),
    /// `d:precision,scale`: integers of so many bytes, times a power of ten.
    Decimal(u8),
    /// `u`, `U`: text in UTF-8, with offsets of so many bytes.
    Text(u8),
    /// `z`, `Z`: bytes, with offsets of so many bytes.
    Bytes(u8),
    /// `w:N`: N bytes each.
    Fixed(u32),
    /// `+l`, `+L`: lists of values of the one child, with offsets of so many bytes.
    List(u8),
    /// `+w:N`: N values of the one child each.
    FixedList(u32),
    /// `+s`: a value of each child.
    Struct,
}

impl Kind {
    /// The kind that a format says; `None` for those that tables do not hold.
    pub fn of(format: &str) -> Option<Kind> {
        Some(match format {
            "n" => Kind::Null,
            "b" => Kind::Bool,
            "c" => Kind::Signed(1),
            "s" => Kind::Signed(2),
            "i" => Kind::Signed(4),
            "l" => Kind::Signed(8),
            "C" => Kind::Unsigned(1),
            "S" => Kind::Unsigned(2),
            "I" => Kind::Unsigned(4),
            "L" => Kind::Unsigned(8),
            "e" => Kind::Float(2),
            "f" => Kind::Float(4),
            "g" => Kind::Float(8),
            "u" => Kind::Text(4),
            "U" => Kind::Text(8),
            "z" => Kind::Bytes(4),
            "Z" => Kind::Bytes(8),
            "+l" => Kind::List(4),
            "+L" => Kind::List(8),
            "+s" => Kind::Struct,
            "tdD" | "tts" | "ttm" => Kind::Time(4),
            "tdm" | "ttu" | "ttn" | "tDs" | "tDm" | "tDu" | "tDn" => Kind::Time(8),
            "tiM" => Kind::Time(4),
            "tiD" => Kind::Interval(8),
            "tin" => Kind::Interval(16),
            _ => return Kind::with_parameter(format),
        })
    }

    fn with_parameter(format: &str) -> Option<Kind> {
        let (name, parameter) = format.split_once(':')?;
        match name {
            "tss" | "tsm" | "tsu" | "tsn" => Some(Kind::Time(8)),
            "w" => Some(Kind::Fixed(size(parameter)?)),
            "+w" => Some(Kind::FixedList(size(parameter)?)),
            "d" => decimal(parameter),
            _ => None,
        }
    }

    /// Bytes of each value in the data; 0 where they have no size of their own.
    pub fn itemsize(self) -> u64 {
        match self {
            Kind::Signed(size)
            | Kind::Unsigned(size)
            | Kind::Float(size)
            | Kind::Time(size)
            | Kind::Interval(size)
            | Kind::Decimal(size) => size.into(),
            Kind::Fixed(size) => size.into(),
            _ => 0,
        }
    }

    /// Bytes of each offset; 0 where there are none.
    pub fn offset_size(self) -> u64 {
        match self {
            Kind::Text(size) | Kind::Bytes(size) | Kind::List(size) => size.into(),
            _ => 0,
        }
    }

    /// Bytes of the data of so many values; `None` where offsets say it, or for more than any memory holds.
    pub fn data_size(self, length: u64) -> Option<u64> {
        match self {
            Kind::Null | Kind::Bool => Some(length.div_ceil(8)),
            Kind::Text(_) | Kind::Bytes(_) => None,
            Kind::List(_) | Kind::FixedList(_) | Kind::Struct => Some(0),
            sized => sized.itemsize().checked_mul(length),
        }
    }

    /// Columns that its values lie in: how many at least and at most.
    pub fn children(self) -> (u32, u32) {
        match self {
            Kind::List(_) | Kind::FixedList(_) => (1, 1),
            Kind::Struct => (1, u32::MAX),
            _ => (0, 0),
        }
    }
}

/// A size of values that are all as long. None are of no bytes: any number of such would take no room.
fn size(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|&size: &u32| size > 0 && size <= i32::MAX as u32)
}

fn decimal(parameter: &str) -> Option<Kind> {
    let mut numbers = parameter.split(',').map(|number| number.parse::<i32>().ok());
    let (_precision, _scale) = (numbers.next()??, numbers.next()??);
    match numbers.next().unwrap_or(Some(128))? {
        32 => Some(Kind::Decimal(4)),
        64 => Some(Kind::Decimal(8)),
        128 => Some(Kind::Decimal(16)),
        256 => Some(Kind::Decimal(32)),
        _ => None,
    }
}

/// Whether bytes are metadata as Arrow's schemas have them: a count, then for each pair the length of its name and of its
/// value, each before its bytes. Empty is none.
pub fn is_metadata(bytes: &[u8]) -> bool {
    fn number<'a>(rest: &mut &'a [u8]) -> Option<usize> {
        let (number, behind): (&'a [u8; 4], _) = rest.split_first_chunk()?;
        *rest = behind;
        usize::try_from(i32::from_le_bytes(*number)).ok()
    }
    fn pairs(mut rest: &[u8]) -> Option<bool> {
        for _ in 0..2 * number(&mut rest)? {
            let size = number(&mut rest)?;
            rest = rest.get(size..)?;
        }
        Some(rest.is_empty())
    }
    bytes.is_empty() || pairs(bytes) == Some(true)
}
