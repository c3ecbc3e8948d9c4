//! Puts a payload in each format.

use crate::content::{self, Column, Floats, Ints, Longs, Marks, column};
use crate::request::{Outcome, Request, said};
use crate::tables;
use dishtayantra::{Format, PutOptions, Segment, Store, Writer, npy_header};
use serde_json::{Value, json};

pub fn write(store: &Store, request: &Request) -> Outcome<()> {
    let (seed, count) = (request.seed, request.count);
    let key = request.key.as_str();
    let options = PutOptions {
        ttl: Some(request.ttl),
        checksum: request.checksum,
        txn_id: &request.txn_id,
        source: &request.source,
        target: &request.target,
        ..PutOptions::default()
    };
    let of = |format| PutOptions { format: Some(format), ..options };
    match request.format.as_str() {
        "json" => store.put(key, document(request).to_string().as_bytes(), &of(Format::Json)),
        "msgpack" => {
            let (floats, longs) = (column::<Floats>(seed, count), column::<Longs>(seed, count));
            let mut writer = Writer::new().map_err(said)?;
            plain(&mut writer, request, 2).map_err(said)?;
            writer
                .string("floats")
                .and_then(|writer| writer.doubles(&floats)?.string("longs")?.int64s(&longs))
                .map_err(said)?;
            writer.put(store, key, &options)
        }
        "segments" => segments(store, request, &options),
        "table" => tables::write(store, request, &options),
        "raw" if request.is_inline => {
            store.put(key, bytemuck::cast_slice(&column::<Longs>(seed, count)), &of(Format::Raw))
        }
        "raw" => {
            let mut loan = store.loan(8 * count as u64).map_err(said)?;
            for (i, item) in loan.slice_mut::<i64>().map_err(said)?.iter_mut().enumerate() {
                *item = Longs::at(seed, i);
            }
            loan.publish(key, 8 * count, &of(Format::Raw))
        }
        "numpy" | "Fortran numpy" => {
            let is_fortran = request.format != "numpy";
            let header = npy_header::<f64>(&[count as u64, 2], is_fortran).map_err(said)?;
            let items = column::<Floats>(seed, 2 * count);
            store.put_parts(key, &[&header[..], bytemuck::cast_slice(&items)], &of(Format::Numpy))
        }
        "arrow" => {
            let [head, between, tail] = request.frame()?;
            let (floats, longs) = (column::<Floats>(seed, count), column::<Longs>(seed, count));
            let parts =
                [&head[..], bytemuck::cast_slice(&floats), &between, bytemuck::cast_slice(&longs), &tail];
            store.put_parts(key, &parts, &of(Format::Arrow))
        }
        other => return Err(format!("no format {other}")),
    }
    .map(|_| ())
    .map_err(said)
}

/// The whole document, its columns as lists.
pub fn document(request: &Request) -> Value {
    json!({
        "name": content::NAME,
        "none": null,
        "yes": true,
        "ratio": content::RATIO,
        "nested": {"tags": content::TAGS, "least": i64::MIN, "most": i64::MAX},
        "seed": request.seed,
        "floats": column::<Floats>(request.seed, request.count),
        "longs": column::<Longs>(request.seed, request.count),
    })
}

/// Everything of a document but its columns, of which `columns` follow.
fn plain(writer: &mut Writer<'_>, request: &Request, columns: usize) -> dishtayantra::Result<()> {
    writer.map(6 + columns)?.string("name")?.string(content::NAME)?.string("none")?.nil()?;
    writer.string("yes")?.bool(true)?.string("ratio")?.double(content::RATIO)?;
    writer.string("seed")?.uint64(request.seed)?.string("nested")?.map(3)?.string("tags")?;
    writer.array(content::TAGS.len())?;
    for tag in content::TAGS {
        writer.string(tag)?;
    }
    writer.string("least")?.int64(i64::MIN)?.string("most")?.int64(i64::MAX)?;
    Ok(())
}

fn segments(
    store: &Store,
    request: &Request,
    options: &PutOptions<'_>,
) -> dishtayantra::Result<dishtayantra::Info> {
    let (seed, count) = (request.seed, request.count);
    let marks = column::<Marks>(seed, 2 * count + 1);
    let floats = column::<Floats>(seed, count);
    let ints = column::<Ints>(seed, count);
    let longs = column::<Longs>(seed, count);
    let mut writer = Writer::new()?;
    plain(&mut writer, request, 4)?;
    writer
        .string("marks")?
        .segment(&Segment::new(&marks))?
        .string("floats")?
        .segment(&Segment::new(&floats))?;
    writer.string("ints")?.segment(&Segment::new(&ints))?;
    writer.string("longs")?.segment(&Segment::shaped(&longs, &[count as u64, 1])?)?;
    writer.put(store, request.key.as_str(), options)
}
