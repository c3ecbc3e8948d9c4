//! What the items of a segment are.

use std::fmt;

/// What one item of a segment is. Items are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// One byte: 0 is false, 1 is true.
    Bool,
    /// A signed integer of 8 bits.
    I8,
    /// An unsigned integer of 8 bits.
    U8,
    /// A signed integer of 16 bits.
    I16,
    /// An unsigned integer of 16 bits.
    U16,
    /// A signed integer of 32 bits.
    I32,
    /// An unsigned integer of 32 bits.
    U32,
    /// A signed integer of 64 bits.
    I64,
    /// An unsigned integer of 64 bits.
    U64,
    /// A float of 32 bits.
    F32,
    /// A float of 64 bits.
    F64,
    /// A point in time: an `i64` that counts units since 1970, the smallest meaning none.
    Datetime(Unit),
    /// A span of time: an `i64` that counts units, the smallest meaning none.
    Timedelta(Unit),
    /// A float of 16 bits.
    F16,
    /// A complex number: two floats of 32 bits, the real part first.
    C64,
    /// A complex number: two floats of 64 bits, the real part first.
    C128,
}

/// What a time counts. The numbers are stored, and those of the C ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Unit {
    /// Not said.
    Generic = 0,
    /// Years.
    Year = 1,
    /// Months.
    Month = 2,
    /// Weeks.
    Week = 3,
    /// Days.
    Day = 4,
    /// Hours.
    Hour = 5,
    /// Minutes.
    Minute = 6,
    /// Seconds.
    Second = 7,
    /// Milliseconds.
    Millisecond = 8,
    /// Microseconds.
    Microsecond = 9,
    /// Nanoseconds.
    Nanosecond = 10,
    /// Picoseconds.
    Picosecond = 11,
    /// Femtoseconds.
    Femtosecond = 12,
    /// Attoseconds.
    Attosecond = 13,
}

impl Unit {
    /// All of them, each at the index that is its number.
    pub const ALL: [Unit; 14] = [
        Unit::Generic,
        Unit::Year,
        Unit::Month,
        Unit::Week,
        Unit::Day,
        Unit::Hour,
        Unit::Minute,
        Unit::Second,
        Unit::Millisecond,
        Unit::Microsecond,
        Unit::Nanosecond,
        Unit::Picosecond,
        Unit::Femtosecond,
        Unit::Attosecond,
    ];

    /// NumPy's name of the unit, such as `ns`.
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; 14] =
            ["generic", "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];
        NAMES[self as usize]
    }
}

impl Dtype {
    /// The number that is stored and crosses the C ABI: NumPy's character for the type.
    pub const fn code(self) -> u8 {
        match self {
            Dtype::Bool => b'?',
            Dtype::I8 => b'b',
            Dtype::U8 => b'B',
            Dtype::I16 => b'h',
            Dtype::U16 => b'H',
            Dtype::I32 => b'i',
            Dtype::U32 => b'I',
            Dtype::I64 => b'q',
            Dtype::U64 => b'Q',
            Dtype::F32 => b'f',
            Dtype::F64 => b'd',
            Dtype::Datetime(_) => b'M',
            Dtype::Timedelta(_) => b'm',
            Dtype::F16 => b'e',
            Dtype::C64 => b'F',
            Dtype::C128 => b'D',
        }
    }

    /// The unit of times; [`Unit::Generic`] for all others.
    pub const fn unit(self) -> Unit {
        match self {
            Dtype::Datetime(unit) | Dtype::Timedelta(unit) => unit,
            _ => Unit::Generic,
        }
    }

    /// The dtype with this code and number of a unit, or what is wrong with them.
    pub fn from_codes(code: u32, unit: u32) -> Result<Dtype, String> {
        let dtype = match u8::try_from(code).unwrap_or_default() {
            b'?' => Dtype::Bool,
            b'b' => Dtype::I8,
            b'B' => Dtype::U8,
            b'h' => Dtype::I16,
            b'H' => Dtype::U16,
            b'i' => Dtype::I32,
            b'I' => Dtype::U32,
            b'q' => Dtype::I64,
            b'Q' => Dtype::U64,
            b'f' => Dtype::F32,
            b'd' => Dtype::F64,
            time @ (b'M' | b'm') => {
                let Some(&unit) = Unit::ALL.get(unit as usize) else {
                    return Err(format!("{unit} is no unit of time; units are 0 to 13"));
                };
                return Ok(if time == b'M' { Dtype::Datetime(unit) } else { Dtype::Timedelta(unit) });
            }
            b'e' => Dtype::F16,
            b'F' => Dtype::C64,
            b'D' => Dtype::C128,
            _ => {
                let known = "the ASCII codes of ? b B h H i I q Q f d M m e F D";
                return Err(format!("{code} is no dtype; dtypes are {known}"));
            }
        };
        if unit != 0 {
            return Err(format!("unit {unit} with dtype {dtype}; it is 0 for all but times"));
        }
        Ok(dtype)
    }

    /// Bytes of one item.
    pub const fn itemsize(self) -> usize {
        match self {
            Dtype::Bool | Dtype::I8 | Dtype::U8 => 1,
            Dtype::I16 | Dtype::U16 | Dtype::F16 => 2,
            Dtype::I32 | Dtype::U32 | Dtype::F32 => 4,
            Dtype::I64 | Dtype::U64 | Dtype::F64 | Dtype::Datetime(_) | Dtype::Timedelta(_) | Dtype::C64 => 8,
            Dtype::C128 => 16,
        }
    }

    /// What the address of an item is a multiple of.
    pub const fn alignment(self) -> usize {
        match self {
            Dtype::C64 => 4,
            Dtype::C128 => 8,
            other => other.itemsize(),
        }
    }

    /// Whether items are numbers that are doubles to whoever converts them; bools are 0 and 1.
    pub const fn is_number(self) -> bool {
        !matches!(self, Dtype::Datetime(_) | Dtype::Timedelta(_) | Dtype::C64 | Dtype::C128)
    }
}

/// NumPy's name of the type, such as `float64` or `datetime64[ns]`.
impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Dtype::Bool => "bool",
            Dtype::I8 => "int8",
            Dtype::U8 => "uint8",
            Dtype::I16 => "int16",
            Dtype::U16 => "uint16",
            Dtype::I32 => "int32",
            Dtype::U32 => "uint32",
            Dtype::I64 => "int64",
            Dtype::U64 => "uint64",
            Dtype::F32 => "float32",
            Dtype::F64 => "float64",
            Dtype::Datetime(unit) => return write!(f, "datetime64[{}]", unit.name()),
            Dtype::Timedelta(unit) => return write!(f, "timedelta64[{}]", unit.name()),
            Dtype::F16 => "float16",
            Dtype::C64 => "complex64",
            Dtype::C128 => "complex128",
        };
        f.write_str(name)
    }
}

/// The bits of a float of 16 bits as the double that is the same number.
pub const fn half(bits: u16) -> f64 {
    let sign = (bits as u64 >> 15) << 63;
    let (exponent, fraction) = (bits as u64 >> 10 & 31, bits as u64 & 1023);
    let rest = match exponent {
        0 => (fraction as f64 / 16_777_216.0).to_bits(),
        31 => 0x7ff << 52 | fraction << 42,
        _ => (exponent + 1008) << 52 | fraction << 42,
    };
    f64::from_bits(sign | rest)
}
