//! Texts one after the other, and texts that come again by the number of their first.

/// Offsets have 31 bits.
const MOST_BYTES: usize = i32::MAX as usize;
/// So many values are looked at before texts that hardly ever come again are written as they are.
const FIRST_LOOK: usize = 512;
const SECOND_LOOK: usize = 4096;
/// So many places are looked at for a text: whoever chooses texts whose hashes agree gets a column without a dictionary.
const MOST_STEPS: usize = 64;
const FREE: u32 = u32::MAX;

/// Texts one after the other: the offsets and the data of a column.
#[derive(Debug, Default)]
pub struct Texts {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    /// With room for so many.
    pub fn with_room(count: usize) -> Texts {
        let mut ends = Vec::with_capacity(count + 1);
        ends.push(0);
        Texts { ends, bytes: Vec::new() }
    }

    /// Makes room for as many more as would be as long as those that are there.
    pub fn reserve_as_before(&mut self, count: usize) {
        let each = self.bytes.len() / self.len().max(1) + 1;
        self.bytes.reserve(count * each);
    }

    /// Adds one; false when they are too many bytes together.
    #[inline]
    pub fn push(&mut self, text: &[u8]) -> bool {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
        self.bytes.len() <= MOST_BYTES
    }

    /// The one at an index.
    #[inline]
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.ends[index] as usize..self.ends[index + 1] as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where each begins, and the last ends.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// All of them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Different texts, each with its number.
#[derive(Debug)]
pub struct Dictionary {
    texts: Texts,
    /// The higher half of a hash and the number of a text; as many places as a power of two, half of them free.
    places: Vec<(u32, u32)>,
}

impl Default for Dictionary {
    fn default() -> Self {
        Dictionary { texts: Texts::with_room(0), places: vec![(0, FREE); 64] }
    }
}

impl Dictionary {
    /// The texts by their numbers.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The number of a text, which is added when it is new; `None` when it cannot be.
    #[inline]
    pub fn code(&mut self, text: &[u8]) -> Option<u32> {
        let hash = hash(text);
        let (mask, mark) = (self.places.len() - 1, (hash >> 32) as u32);
        for step in 0..MOST_STEPS {
            let place = (hash as usize).wrapping_add(step) & mask;
            match self.places[place] {
                (_, FREE) => return self.add(place, mark, text),
                (other, code) if other == mark && self.texts.get(code as usize) == text => {
                    return Some(code);
                }
                _ => {}
            }
        }
        None
    }

    #[cold]
    fn add(&mut self, place: usize, mark: u32, text: &[u8]) -> Option<u32> {
        let code = self.texts.len() as u32;
        self.texts.push(text).then_some(())?;
        self.places[place] = (mark, code);
        if self.texts.len() * 2 > self.places.len() {
            self.grow()?;
        }
        Some(code)
    }

    fn grow(&mut self) -> Option<()> {
        let mut places = vec![(0, FREE); self.places.len() * 4];
        let mask = places.len() - 1;
        for code in 0..self.texts.len() {
            let hash = hash(self.texts.get(code));
            let mut free = (0..MOST_STEPS)
                .map(|step| (hash as usize).wrapping_add(step) & mask)
                .filter(|&place| places[place].1 == FREE);
            let place = free.next()?;
            places[place] = ((hash >> 32) as u32, code as u32);
        }
        self.places = places;
        Some(())
    }

    /// Whether texts hardly ever come again: `met` were, this many of them new.
    #[inline]
    pub fn is_too_large(&self, met: usize) -> bool {
        let distinct = self.texts.len();
        met == FIRST_LOOK && distinct * 8 > met * 7
            || met >= SECOND_LOOK && met.is_multiple_of(SECOND_LOOK) && distinct * 2 > met
    }

    /// Whether all texts, `met` of them, are better written as they are.
    pub fn is_no_use(&self, met: usize) -> bool {
        self.texts.len() * 2 > met
    }
}

/// Spreads texts that differ little; needs not withstand anybody, see [`MOST_STEPS`].
#[inline]
fn hash(text: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let wide = u128::from(hash ^ word) * u128::from(ODD);
        wide as u64 ^ (wide >> 64) as u64
    };
    let mut hash = ODD ^ text.len() as u64;
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    // The last bytes once more, where there are as many: fewer steps than one by one.
    let last = match (text.last_chunk::<8>(), rest) {
        (_, []) => 0,
        (Some(word), _) => u64::from_le_bytes(*word),
        (None, [a, b, c, d, ..]) => {
            let end = rest.last_chunk::<4>().map_or(0, |word| u32::from_le_bytes(*word));
            u64::from(u32::from_le_bytes([*a, *b, *c, *d])) << 32 | u64::from(end)
        }
        (None, [a, ..]) => {
            u64::from(*a) << 16 | u64::from(rest[rest.len() / 2]) << 8 | u64::from(rest[rest.len() - 1])
        }
    };
    mix(mix(hash, last), ODD)
}
