//! A disk that fills up: a tmpfs of 1 MB. Needs root (it mounts); run by `make test`, on its own:
//! `cargo test -p files --test disk_full`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::convert::Infallible;
use std::path::Path;
use std::process::Command;

use bytes::Bytes;
use domain::{OrgId, UploadId};
use files::{BlobStore, FileError, Received};
use futures_util::stream;

/// A mounted small disk, unmounted when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(folder.path()).output();
        let answer = mount.expect("the program `mount` is missing: install the package `mount`");
        assert!(
            answer.status.success(),
            "this test mounts a tmpfs of 1 MB and needs root with the right to mount: run `make test` as root, or in a \
             container with SYS_ADMIN. mount said: {}",
            String::from_utf8_lossy(&answer.stderr)
        );
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

fn body(size: usize, piece: usize) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
    let pieces: Vec<_> = bytes.chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    stream::iter(pieces)
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_lost() {
    let disk = SmallDisk::mount();
    let reserved = BlobStore::open(disk.path().join("store")).await.unwrap();
    assert!(!reserved.has_room(1).await.unwrap(), "the reserve alone is larger than this disk");
    // Nor is it eaten piece by piece: two uploads may each have had room when they began.
    let refused = reserved.append(UploadId(uuid::Uuid::new_v4()), 0, 4096, body(4096, 4096)).await.unwrap_err();
    assert!(matches!(refused, FileError::DiskFull { received: 0 }), "{refused:?}");
    drop(reserved);
    std::fs::remove_dir_all(disk.path().join("store")).unwrap();

    // Without a reserve, to the last block.
    let store = BlobStore::open_keeping(disk.path().join("store"), 0).await.unwrap();
    let org = OrgId(uuid::Uuid::new_v4());
    let upload = UploadId(uuid::Uuid::new_v4());

    let free = store.free_bytes().await.unwrap();
    assert!(free > 900_000 && free <= 1024 * 1024, "{free}");

    // Two chunks fit, the third does not.
    let size = 3_000_000;
    assert_eq!(store.append(upload, 0, size, body(300_000, 4096)).await.unwrap(), Received { received: 300_000 });
    let full = store.append(upload, 300_000, size, body(2_700_000, 4096)).await.unwrap_err();
    let FileError::DiskFull { received } = full else { panic!("{full:?}") };
    assert!((300_000..1_048_576).contains(&received), "{received}");
    assert_eq!(store.received(upload).await.unwrap(), received, "what is told is what is stored");

    // A blob of ours does not fit either, and leaves nothing behind.
    let filler = disk.path().join("filler");
    let left = usize::try_from(store.free_bytes().await.unwrap()).unwrap();
    std::fs::write(&filler, vec![1; left]).unwrap();
    assert_eq!(store.free_bytes().await.unwrap(), 0);
    let refused = store.put_bytes(org, &[7; 100_000]).await.unwrap_err();
    assert!(matches!(refused, FileError::DiskFull { .. }), "{refused:?}");
    assert_eq!(std::fs::read_dir(disk.path().join("store/uploads")).unwrap().count(), 1);

    // Even a chunk of a few bytes is refused without damage.
    let at = store.received(upload).await.unwrap();
    let refused = store.append(upload, at, size, body(200_000, 200_000)).await.unwrap_err();
    assert!(matches!(refused, FileError::DiskFull { received } if received == at), "{refused:?}");
    assert_eq!(store.received(upload).await.unwrap(), at);

    // With room again the upload goes on where it stopped, and its bytes are right.
    std::fs::remove_file(&filler).unwrap();
    let end = at + 50_000;
    let whole: Vec<u8> = (0..usize::try_from(end).unwrap()).map(|at| u8::try_from(at % 251).unwrap()).collect();
    // The second chunk's pattern started anew at 300,000.
    let mut expected = whole[..300_000].to_vec();
    expected.extend_from_slice(&whole[..usize::try_from(at).unwrap() - 300_000]);
    let tail: Vec<u8> = vec![9; 50_000];
    expected.extend_from_slice(&tail);
    let tail = stream::iter([Ok::<_, Infallible>(Bytes::from(tail))]);
    store.append(upload, at, end, tail).await.unwrap();
    let sealed = store.seal(org, upload, end).await.unwrap();
    assert_eq!(std::fs::read(&sealed.path).unwrap(), expected);
    assert!(store.verify(org, sealed.sha256).await.unwrap());
}
