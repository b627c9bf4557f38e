//! How fast uploads of 105 MB become durable blobs, and what they cost: `cargo run --release -p files --example bench
//! [FOLDER]`. The folder (default: a temporary one) decides which disk is measured.

use std::convert::Infallible;
use std::time::Instant;

use bytes::Bytes;
use domain::{OrgId, UploadId};
use files::BlobStore;
use futures_util::stream;

const SIZE: usize = 105_000_000;
const ROUNDS: u32 = 8;

/// Processor time of this process in seconds.
fn processor_time() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let ticks: u32 =
        stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2).map_while(|t| t.parse::<u32>().ok()).sum();
    Some(f64::from(ticks) / 100.0)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), Into::into);
    let store = BlobStore::open(folder.join("imprimatur-bench")).await?;
    let org = OrgId(uuid::Uuid::new_v4());
    let megabytes = f64::from(u32::try_from(SIZE)?) / 1e6;
    for _ in 0..ROUNDS {
        let upload = UploadId(uuid::Uuid::new_v4());
        // Other bytes each time, or the blob would be there already.
        let data = Bytes::from(upload.0.as_bytes().repeat(SIZE / 16));
        let pieces = (0..data.len()).step_by(64 * 1024).map({
            let data = data.clone();
            move |at| Ok::<_, Infallible>(data.slice(at..data.len().min(at + 64 * 1024)))
        });
        let size = data.len() as u64;
        let (start, before) = (Instant::now(), processor_time());
        store.append(upload, 0, size, stream::iter(pieces)).await?;
        let received = start.elapsed();
        let sealed = store.seal(org, upload, size).await?;
        let all = start.elapsed();
        let cost = processor_time().zip(before).map_or(0.0, |(after, before)| after - before);
        println!(
            "received at {:.0} MB/s, durable at {:.0} MB/s, {:.3} CPU-s per 100 MB",
            megabytes / received.as_secs_f64(),
            megabytes / all.as_secs_f64(),
            cost * 100.0 / megabytes,
        );
        store.remove(org, sealed.sha256).await?;
    }
    tokio::fs::remove_dir_all(folder.join("imprimatur-bench")).await?;
    Ok(())
}
