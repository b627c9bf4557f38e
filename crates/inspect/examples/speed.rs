//! Prints what a file says and how fast it was read: `cargo run --release -p inspect --example speed FILE`.

use std::io::Read;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    for name in std::env::args().skip(1) {
        let mut inspector = inspect::Inspector::new();
        let mut file = std::fs::File::open(&name)?;
        let mut piece = vec![0; 256 * 1024];
        let mut reading = std::time::Duration::ZERO;
        loop {
            let read = file.read(&mut piece)?;
            if read == 0 {
                break;
            }
            let start = Instant::now();
            inspector.feed(&piece[..read]);
            reading += start.elapsed();
        }
        let bytes = inspector.bytes();
        let start = Instant::now();
        let found = inspector.finish();
        reading += start.elapsed();
        match found {
            Ok(found) => println!("{:#?}\nthumbnail: {:?} bytes", found.facts, found.thumbnail.map(|png| png.len())),
            Err(refused) => println!("{}: {refused}", refused.code()),
        }
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
        let rate = bytes as f64 / 1e6 / reading.as_secs_f64();
        let met = if rate >= 250.0 { "met" } else { "MISSED" };
        println!("{name}: {bytes} bytes in {reading:?}, {rate:.0} MB/s, target >= 250: {met}");
    }
    Ok(())
}
