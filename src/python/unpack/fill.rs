//! Filling lists and maps with what holds nothing else, one after the other.

use super::super::api::api;
use super::super::object::Ref;
use super::{Open, Unpacker, plain, told};
use crate::document::Head;

impl Unpacker<'_> {
    /// Puts what holds nothing else straight into the innermost list or map, but for the last item; returns the position
    /// after what was read.
    #[inline]
    pub(super) unsafe fn fill(&mut self, at: usize) -> Option<usize> {
        // SAFETY: as in `value`.
        unsafe {
            match self.open.last_mut() {
                Some(Open::Sequence { .. }) => self.fill_sequence(at),
                Some(Open::Mapping { key: None, .. }) => self.fill_mapping(at),
                _ => Some(at),
            }
        }
    }

    unsafe fn fill_sequence(&mut self, mut at: usize) -> Option<usize> {
        let Some(Open::Sequence { items, tuple, next, size, .. }) = self.open.last_mut() else {
            return Some(at);
        };
        let set = if *tuple { api().tuple_set } else { api().list_set };
        while *next + 1 < *size && at < self.document.len() {
            let (head, after) = match self.document.common_number(at) {
                Some(read) => read,
                None => told(self.document.outer_head(at))?,
            };
            if matches!(head, Head::Array(_) | Head::Map(_) | Head::Ext { .. }) {
                break;
            }
            // SAFETY: as in `value`; the list takes over the reference.
            unsafe {
                let made = plain(&head);
                if made.is_null() || set(items.get(), *next as isize, made) != 0 {
                    return None;
                }
            }
            *next += 1;
            at = after;
        }
        Some(at)
    }

    unsafe fn fill_mapping(&mut self, mut at: usize) -> Option<usize> {
        let Some(Open::Mapping { items, left, key }) = self.open.last_mut() else {
            return Some(at);
        };
        while at < self.document.len() {
            let (Head::String(name), after_name) = told(self.document.outer_head(at))? else {
                break;
            };
            // SAFETY: as in `value`.
            let made = unsafe { self.names.get(name)? };
            at = after_name;
            if *left == 1 || at >= self.document.len() {
                *key = Some(made);
                break;
            }
            let (head, after) = match self.document.common_number(at) {
                Some(read) => read,
                None => told(self.document.outer_head(at))?,
            };
            if matches!(head, Head::Array(_) | Head::Map(_) | Head::Ext { .. }) {
                *key = Some(made);
                break;
            }
            // SAFETY: as in `value`.
            unsafe {
                let value = Ref::owned(plain(&head))?;
                if (api().dict_set)(items.get(), made.get(), value.get()) != 0 {
                    return None;
                }
            }
            *left -= 1;
            at = after;
        }
        Some(at)
    }
}
