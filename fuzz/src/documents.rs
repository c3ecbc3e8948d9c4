//! MessagePack payloads.

use dishtayantra_lmdb::document::{Document, Node, Type, Writer};

/// Most of the values of a document that are looked at one by one; each may cost a pass over what is below it.
const LOOKED_AT: usize = 300;

/// Any bytes as a document: refused, or every value in it can be looked at. What is refused can be walked, too, as far as
/// it goes.
pub fn document(bytes: &[u8]) {
    let mut room = room_for(bytes.len());
    let document = Document::new(place(&mut room, bytes));
    let whole = document.validate().is_ok();
    let mut nodes = vec![Document::ROOT];
    let mut seen = 0;
    while let Some(node) = nodes.pop().filter(|_| seen < LOOKED_AT) {
        seen += 1;
        look(&document, node, whole, &mut nodes);
    }
    for path in ["", "a", "a.b", "0", "a.0.b", "values"] {
        let _ = document.find(Document::ROOT, path);
    }
    let mut from = 0;
    while let Ok(Some(segment)) = document.next_segment(from) {
        assert!(segment.end > segment.node && segment.node >= from);
        from = segment.end;
    }
    // Positions that nobody gave out.
    for node in [1, 2, 7, bytes.len() as Node, Node::MAX] {
        look(&document, node, false, &mut Vec::new());
    }
}

/// Room in which [`place`] finds an address that is a multiple of 64, as that of a payload is.
fn room_for(bytes: usize) -> Vec<u8> {
    vec![0; bytes + 64]
}

fn place<'a>(room: &'a mut [u8], bytes: &[u8]) -> &'a [u8] {
    let skip = room.as_ptr().align_offset(64);
    let placed = &mut room[skip..skip + bytes.len()];
    placed.copy_from_slice(bytes);
    placed
}

/// Does something with bytes as a document that lies as one in a store does.
pub(crate) fn in_place(bytes: &[u8], look: impl FnOnce(&Document)) {
    let mut room = room_for(bytes.len());
    look(&Document::new(place(&mut room, bytes)));
}

fn look(document: &Document, node: Node, whole: bool, nodes: &mut Vec<Node>) {
    let kind = match document.kind(node) {
        Ok(kind) => kind,
        Err(error) => return assert!(!whole, "a value of a whole document: {error}"),
    };
    let ok = |answered: bool| assert!(answered || !whole, "{kind:?} at {node} of a whole document");
    match kind {
        Type::Nil | Type::Ext => {}
        Type::Bool => ok(document.bool(node).is_ok()),
        Type::Int => ok(document.int64(node).is_ok() || document.uint64(node).is_ok()),
        Type::Float => ok(document.double(node).is_ok()),
        Type::String => ok(document.string(node).is_ok()),
        Type::Bytes => ok(document.bytes(node).is_ok()),
        Type::Segment => {
            let segment = document.segment(node);
            ok(segment.is_ok());
            if let Ok(placed) = segment {
                write_again(&placed.segment);
            }
        }
        Type::Array | Type::Map => {
            let count = document.count(node);
            ok(count.is_ok());
            let Ok(mut iter) = document.iterate(node) else {
                return ok(false);
            };
            let mut there = 0;
            loop {
                match document.next(&mut iter) {
                    Ok(true) => there += 1,
                    Ok(false) => break assert_eq!(there, count.unwrap_or(there)),
                    Err(_) => break ok(false),
                }
                if nodes.len() < LOOKED_AT {
                    nodes.push(iter.value);
                }
                if there > LOOKED_AT {
                    break;
                }
            }
            let _ = document.at(node, 1);
            let _ = document.get(node, "a");
        }
    }
    let _ = document.exact(node);
    if let Ok(numbers) = document.numbers(node) {
        let items: u64 = numbers.shape().iter().product();
        assert_eq!(items as usize, numbers.count());
        if numbers.count() < 1 << 16 {
            let _ = document.copy_numbers(&numbers, &mut vec![0.0; numbers.count()]);
        }
    }
}

/// A segment that was read is written as one that is the same.
fn write_again(segment: &dishtayantra_lmdb::document::Segment) {
    let mut writer = Writer::new();
    writer.segment(segment).expect("what was read can be written");
    let written = writer.data().expect("one value").to_vec();
    let mut room = room_for(written.len());
    let read = Document::new(place(&mut room, &written));
    read.validate().expect("what was written is a document");
    let again = read.segment(Document::ROOT).expect("a segment").segment;
    assert_eq!(
        (again.dtype(), again.shape(), again.flags()),
        (segment.dtype(), segment.shape(), segment.flags())
    );
    assert_eq!(again.data(), segment.data());
}
