//! Uploads in pieces, with everything that goes wrong on the way, and the blobs they become.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use domain::{OrgId, Sha256, UploadId};
use files::{BlobStore, FileError, Received};
use futures_util::{StreamExt, stream};
use sha2::Digest;

type Body = futures_util::stream::BoxStream<'static, Result<Bytes, Infallible>>;

fn org() -> OrgId {
    OrgId(uuid::Uuid::new_v4())
}

fn upload() -> UploadId {
    UploadId(uuid::Uuid::new_v4())
}

fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|at| u8::try_from(at * 7 % 251).unwrap()).collect()
}

fn body(bytes: &[u8]) -> Body {
    let pieces: Vec<_> = bytes.chunks(10_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces).boxed()
}

fn sha(bytes: &[u8]) -> Sha256 {
    Sha256(sha2::Sha256::digest(bytes).into())
}

async fn store() -> (tempfile::TempDir, BlobStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::open(folder.path().join("a/files")).await.unwrap();
    (folder, store)
}

fn names(path: &Path) -> usize {
    std::fs::read_dir(path).unwrap().count()
}

#[tokio::test]
async fn one_chunk_becomes_a_blob() {
    let (_folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(3_000_000));
    let size = data.len() as u64;
    assert_eq!(store.received(upload).await.unwrap(), 0);
    assert_eq!(store.append(upload, 0, size, body(&data)).await.unwrap(), Received { received: size });
    assert_eq!(store.received(upload).await.unwrap(), size);
    let sealed = store.seal(org, upload, size).await.unwrap();
    assert_eq!((sealed.sha256, sealed.size), (sha(&data), size));
    assert_eq!(sealed.path, store.path(org, sealed.sha256));
    let hex = sha(&data).hex();
    assert_eq!(sealed.path, store.root().join("blobs").join(org.to_string()).join(&hex[..2]).join(&hex));
    assert_eq!(std::fs::read(&sealed.path).unwrap(), data);
    assert!(store.verify(org, sealed.sha256).await.unwrap());
    assert_eq!(names(&store.root().join("uploads")), 0);
    let (mut file, found) = store.open_read(org, sealed.sha256).await.unwrap();
    assert_eq!(found, size);
    let mut read = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut file, &mut read).await.unwrap();
    assert_eq!(read, data);
    let scanned = store.scan(org, sealed.sha256, Vec::new(), |out, piece| out.extend_from_slice(piece)).await.unwrap();
    assert_eq!(scanned, data);

    // Readable by the server's user only, and nobody changes a blob by mistake.
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.root()), 0o700);
    assert_eq!(mode(sealed.path.parent().unwrap()), 0o700);
    assert_eq!(mode(&sealed.path), 0o400);
    assert!(matches!(store.seal(org, upload, size).await, Err(FileError::NotFound)), "sealed once");
}

#[tokio::test]
async fn chunks_wrong_offsets_and_a_restart() {
    let (folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(250_000));
    let size = data.len() as u64;
    let wrong = store.append(upload, 5, size, body(&data[5..])).await;
    assert!(matches!(wrong, Err(FileError::Offset { received: 0 })), "{wrong:?}");
    store.append(upload, 0, size, body(&data[..100_000])).await.unwrap();
    for offset in [0, 99_999, 100_001] {
        let wrong = store.append(upload, offset, size, body(&data[..10])).await;
        assert!(matches!(wrong, Err(FileError::Offset { received: 100_000 })), "{wrong:?}");
    }
    store.append(upload, 100_000, size, body(&data[100_000..150_000])).await.unwrap();
    let early = store.seal(org, upload, size).await;
    assert!(matches!(early, Err(FileError::Incomplete { received: 150_000, announced: 250_000 })), "{early:?}");

    // Another process goes on, then the first one again with a hash that is no longer of use.
    let other = BlobStore::open(folder.path().join("a/files")).await.unwrap();
    assert_eq!(other.received(upload).await.unwrap(), 150_000);
    other.append(upload, 150_000, size, body(&data[150_000..200_000])).await.unwrap();
    store.append(upload, 200_000, size, body(&data[200_000..])).await.unwrap();
    let sealed = store.seal(org, upload, size).await.unwrap();
    assert_eq!(sealed.sha256, sha(&data));
    assert_eq!(std::fs::read(&sealed.path).unwrap(), data);

    // The end came through the other process; this one seals.
    let late = self::upload();
    store.append(late, 0, size, body(&data[..100_000])).await.unwrap();
    other.append(late, 100_000, size, body(&data[100_000..])).await.unwrap();
    assert_eq!(store.seal(org, late, size).await.unwrap().sha256, sha(&data));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_writer_cannot_reach_a_sealed_blob() {
    let (_folder, store) = store().await;
    let org = org();
    for round in 0..60u32 {
        let (upload, data) = (upload(), round.to_le_bytes().repeat(250));
        store.append(upload, 0, 1000, body(&data)).await.unwrap();
        let writers: Vec<_> = (0..3)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { store.append(upload, 1000, 2000, body(b"more")).await })
            })
            .collect();
        let sealed = store.seal(org, upload, 1000).await;
        let mut late = 0;
        for writer in writers {
            late += u32::from(writer.await.unwrap().is_ok());
        }
        match sealed {
            Ok(sealed) => {
                assert_eq!(late, 0, "round {round}: bytes were taken for a sealed upload");
                assert!(store.verify(org, sealed.sha256).await.unwrap(), "round {round}");
            }
            Err(FileError::Busy | FileError::Incomplete { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn empty_and_too_long_chunks() {
    let (_folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(2_000_000));
    for nothing in [body(&[]), stream::iter([Ok(Bytes::new()), Ok(Bytes::new())]).boxed()] {
        let empty = store.append(upload, 0, 1000, nothing).await;
        assert!(matches!(empty, Err(FileError::EmptyChunk)), "{empty:?}");
    }
    store.append(upload, 0, 1_200_000, body(&data[..100_000])).await.unwrap();
    let long = store.append(upload, 100_000, 1_200_000, body(&data[100_000..])).await;
    assert!(matches!(long, Err(FileError::TooLong { announced: 1_200_000 })), "{long:?}");
    assert_eq!(store.received(upload).await.unwrap(), 100_000, "cut back to where the chunk began");
    store.append(upload, 100_000, 1_200_000, body(&data[100_000..1_200_000])).await.unwrap();
    let more = store.append(upload, 1_200_000, 1_200_000, body(&data[..1])).await;
    assert!(matches!(more, Err(FileError::TooLong { .. })), "{more:?}");
    let sealed = store.seal(org, upload, 1_200_000).await.unwrap();
    assert_eq!(sealed.sha256, sha(&data[..1_200_000]));
    assert!(store.verify(org, sealed.sha256).await.unwrap());
}

#[tokio::test]
async fn a_broken_body_keeps_what_came() {
    let (_folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(1_500_000));
    let pieces: Vec<Result<Bytes, &str>> =
        data[..1_300_000].chunks(10_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    let torn = stream::iter(pieces.into_iter().chain([Err("connection reset")]));
    let broken = store.append(upload, 0, 1_500_000, torn).await;
    assert!(
        matches!(&broken, Err(FileError::Broken { received: 1_300_000, reason }) if reason == "connection reset"),
        "{broken:?}"
    );
    let at_once = store.append(upload, 1_300_000, 1_500_000, stream::iter([Err("gone")])).await;
    assert!(matches!(at_once, Err(FileError::Broken { received: 1_300_000, .. })), "{at_once:?}");
    store.append(upload, 1_300_000, 1_500_000, body(&data[1_300_000..])).await.unwrap();
    assert_eq!(store.seal(org, upload, 1_500_000).await.unwrap().sha256, sha(&data));
}

#[tokio::test]
async fn one_writer_at_a_time() {
    let (folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(700_000));
    let size = data.len() as u64;
    let (send, receive) = tokio::sync::mpsc::channel::<Result<Bytes, Infallible>>(1);
    let slow = tokio_stream::wrappers::ReceiverStream::new(receive);
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.append(upload, 0, size, slow).await }
    });
    send.send(Ok(Bytes::copy_from_slice(&data[..600_000]))).await.unwrap();
    while store.received(upload).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
    let other_process = BlobStore::open(folder.path().join("a/files")).await.unwrap();
    for store in [&store, &other_process] {
        let second = store.append(upload, 600_000, size, body(&data[600_000..])).await;
        assert!(matches!(second, Err(FileError::Busy)), "{second:?}");
        assert!(matches!(store.seal(org, upload, size).await, Err(FileError::Busy)));
        assert!(matches!(store.discard(upload).await, Err(FileError::Busy)));
        assert_eq!(store.sweep(Duration::ZERO).await.unwrap(), 0, "a busy upload is not swept");
    }
    send.send(Ok(Bytes::copy_from_slice(&data[600_000..]))).await.unwrap();
    drop(send);
    assert_eq!(first.await.unwrap().unwrap(), Received { received: size });
    assert_eq!(store.seal(org, upload, size).await.unwrap().sha256, sha(&data));
}

#[tokio::test]
async fn a_dropped_request_leaves_a_true_beginning() {
    let (_folder, store) = store().await;
    let (org, upload, data) = (org(), upload(), bytes(5_000_000));
    let size = data.len() as u64;
    let endless = body(&data[..4_000_000]).chain(stream::pending());
    let dropped = tokio::time::timeout(Duration::from_millis(300), store.append(upload, 0, size, endless)).await;
    assert!(dropped.is_err());
    // The writer that was at work lets go by itself.
    let mut rest = Err(FileError::Busy);
    for _ in 0..200 {
        let at = usize::try_from(store.received(upload).await.unwrap()).unwrap();
        rest = store.append(upload, at as u64, size, body(&data[at..])).await;
        if rest.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(rest.unwrap(), Received { received: size });
    assert_eq!(store.seal(org, upload, size).await.unwrap().sha256, sha(&data));
}

#[tokio::test]
async fn the_same_bytes_are_stored_once_an_organization() {
    let (_folder, store) = store().await;
    let (one, two, data) = (org(), org(), bytes(50_000));
    let put = async |org| {
        let upload = upload();
        store.append(upload, 0, 50_000, body(&data)).await.unwrap();
        store.seal(org, upload, 50_000).await.unwrap()
    };
    let first = put(one).await;
    let born = std::fs::metadata(&first.path).unwrap().modified().unwrap();
    let again = put(one).await;
    assert_eq!(first, again);
    assert_eq!(std::fs::metadata(&first.path).unwrap().modified().unwrap(), born);
    let other = put(two).await;
    assert_ne!(other.path, first.path);
    assert!(store.remove(one, first.sha256).await.unwrap());
    assert!(!store.remove(one, first.sha256).await.unwrap());
    assert!(matches!(store.open_read(one, first.sha256).await, Err(FileError::NotFound)));
    assert!(matches!(store.verify(one, first.sha256).await, Err(FileError::NotFound)));
    assert!(store.verify(two, first.sha256).await.unwrap());
    assert_eq!(names(&store.root().join("uploads")), 0);

    // Damage on the disk is seen, and a torn blob is replaced by good bytes.
    std::fs::set_permissions(&other.path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut damaged = data.clone();
    damaged[25_000] ^= 1;
    std::fs::write(&other.path, &damaged).unwrap();
    assert!(!store.verify(two, other.sha256).await.unwrap());
    std::fs::write(&other.path, &damaged[..100]).unwrap();
    put(two).await;
    assert!(store.verify(two, other.sha256).await.unwrap());
}

#[tokio::test]
async fn small_bytes_discard_and_sweep() {
    let (_folder, store) = store().await;
    let org = org();
    let sealed = store.put_bytes(org, b"picture").await.unwrap();
    assert_eq!((sealed.sha256, sealed.size), (sha(b"picture"), 7));
    assert_eq!(store.put_bytes(org, b"picture").await.unwrap(), sealed);
    assert_eq!(std::fs::read(&sealed.path).unwrap(), b"picture");

    let (old, new, gone) = (upload(), upload(), upload());
    for upload in [old, new, gone] {
        store.append(upload, 0, 10, body(b"1234")).await.unwrap();
    }
    store.discard(gone).await.unwrap();
    store.discard(gone).await.unwrap();
    assert_eq!(store.received(gone).await.unwrap(), 0);
    let part = store.root().join("uploads").join(format!("{old}.part"));
    #[expect(clippy::disallowed_methods, reason = "files are dated by the operating system")]
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    std::fs::File::options().write(true).open(&part).unwrap().set_modified(long_ago).unwrap();
    let foreign = store.root().join("uploads/notes.txt");
    std::fs::write(&foreign, "not ours").unwrap();
    assert_eq!(store.sweep(Duration::from_secs(3600)).await.unwrap(), 1);
    assert_eq!((store.received(old).await.unwrap(), store.received(new).await.unwrap()), (0, 4));
    assert_eq!(store.sweep(Duration::ZERO).await.unwrap(), 1);
    assert!(foreign.exists(), "only our own files are removed");
    assert!(store.free_bytes().await.unwrap() > 0);
    assert!(!store.has_room(u64::MAX).await.unwrap());
}
