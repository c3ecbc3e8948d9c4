//! Names in maps: many maps have the same ones.

use super::super::api::api;
use super::super::object::Ref;

/// Those that were met.
pub(super) struct Names<'a> {
    /// By what `place` says of them; none as long as there were few.
    known: Vec<Option<(&'a [u8], Ref)>>,
    met: usize,
    underscored: bool,
}

impl<'a> Names<'a> {
    /// So many may be remembered, a power of two.
    const ROOM: usize = 128;
    /// So many have to come before it is worth it.
    const FEW: usize = 64;
    /// Longer ones seldom come again.
    const LONGEST: usize = 64;

    /// None yet.
    pub(super) fn new() -> Names<'a> {
        Names { known: Vec::new(), met: 0, underscored: false }
    }

    /// Whether one of them began with an underscore.
    pub(super) fn underscored(&self) -> bool {
        self.underscored
    }

    /// The str of a name; `None` with an exception set when it is none.
    #[inline]
    pub(super) unsafe fn get(&mut self, name: &'a [u8]) -> Option<Ref> {
        self.met += 1;
        self.underscored |= name.first() == Some(&b'_');
        // SAFETY: as many bytes as there are; the interpreter is held, says the caller.
        let made = || unsafe { Ref::owned((api().text_from)(name.as_ptr().cast(), name.len() as isize)) };
        if self.met <= Self::FEW || name.len() > Self::LONGEST || name.is_empty() {
            return made();
        }
        if self.known.is_empty() {
            self.known.resize_with(Self::ROOM, || None);
        }
        let known = &mut self.known[Self::place(name)];
        if let Some((same, found)) = known
            && *same == name
        {
            // SAFETY: an object that is referred to.
            return Some(unsafe { Ref::new(found.get()) });
        }
        let made = made()?;
        // SAFETY: as above.
        *known = Some((name, unsafe { Ref::new(made.get()) }));
        Some(made)
    }

    fn place(name: &[u8]) -> usize {
        let (first, last) = (usize::from(name[0]), usize::from(name[name.len() - 1]));
        (first.wrapping_mul(31) ^ last.wrapping_mul(7) ^ name.len().wrapping_mul(13)) % Self::ROOM
    }
}
