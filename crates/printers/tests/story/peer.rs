//! The virtual printer as a peer, and servers that are no printers.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::RemoteName;
use printers::{Driver, Reply, Timeouts, Verified};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use virtual_printer::{Handle, Options, Speed, VirtualPrinter};

use super::{driver, expected, gcode, name, timeouts};

pub const LONG: Duration = Duration::from_secs(60);
pub const SHORT: Duration = Duration::from_millis(200);

pub fn options(whole: Duration) -> Options {
    Options { speed: Speed::Whole(whole), ..Options::default() }
}

pub async fn printer_with(options: Options) -> (Handle, Arc<dyn Driver>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let handle = VirtualPrinter::start(listener, options).unwrap();
    let driver = driver(&handle.address().to_string(), handle.api_key(), timeouts());
    (handle, driver)
}

pub async fn printer(whole: Duration) -> (Handle, Arc<dyn Driver>) {
    printer_with(options(whole)).await
}

/// A driver that gives up after 300 ms.
pub fn impatient(handle: &Handle) -> Arc<dyn Driver> {
    let short = Duration::from_millis(300);
    driver(&handle.address().to_string(), handle.api_key(), Timeouts { connect: short, call: short, upload: short })
}

/// A file of ours on the printer, verified.
pub async fn uploaded(driver: &dyn Driver) -> (RemoteName, NamedTempFile) {
    let (name, file) = (name(1), gcode(10, 1));
    assert_eq!(driver.upload(&name, &expected(file.path())).await, Reply::Sent);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
    (name, file)
}

pub fn starts(handle: &Handle) -> Vec<String> {
    handle.ledger().into_iter().map(|entry| entry.name).collect()
}

/// A server that answers every request with the same bytes.
pub async fn parrot(answer: Vec<u8>) -> SocketAddr {
    answering(move |_| answer.clone()).await
}

/// A server that answers by what was sent.
pub async fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let answer = answer(&String::from_utf8_lossy(&request[..length]));
                let _ = stream.write_all(&answer).await;
            });
        }
    });
    address
}

pub fn http(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}
