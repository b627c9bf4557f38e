//! The bytes of a print file on their way, and read back: only as far as they are the authorized ones (S1). A file on a disk
//! can be replaced between any two looks at it, so each reading hashes what it reads itself.

use std::io;

use ::bytes::Bytes;
use futures_util::{Stream, stream};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::{fs::File, io::AsyncReadExt};

use crate::Expected;

/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

struct Reading {
    file: File,
    left: u64,
    hash: Sha256,
    expected: domain::Sha256,
}

impl Reading {
    /// The next piece. The last one is not given unless all of them together are the expected bytes.
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE))];
        let read = self.file.read(&mut piece).await?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        piece.truncate(read);
        self.hash.update(&piece);
        self.left = self.left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
        if self.left == 0 && self.hash.finalize_reset().as_slice() != self.expected.0.as_slice() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the file has other bytes than the authorized ones",
            ));
        }
        Ok(Some(piece.into()))
    }
}

/// The expected bytes as a body of exactly their size. It breaks off before its end if the file has others.
pub(super) async fn guarded(of: &Expected<'_>) -> io::Result<impl Stream<Item = io::Result<Bytes>> + Send + use<>> {
    let file = File::open(of.path).await?;
    let reading = Reading { file, left: of.size, hash: Sha256::new(), expected: of.sha256 };
    Ok(stream::try_unfold(
        reading,
        |mut reading| async move { Ok(reading.next().await?.map(|piece| (piece, reading))) },
    ))
}

/// SHA-1 of the file's bytes, which is what OctoPrint reports; `None` if they are not the expected ones.
pub(super) async fn sha1_of(of: &Expected<'_>) -> io::Result<Option<String>> {
    let mut file = File::open(of.path).await?;
    let (mut theirs, mut ours) = (Sha1::new(), Sha256::new());
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).await? {
            0 => break,
            read => {
                theirs.update(&piece[..read]);
                ours.update(&piece[..read]);
            }
        }
    }
    let same = ours.finalize().as_slice() == of.sha256.0.as_slice();
    Ok(same.then(|| hex::encode(theirs.finalize())))
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    fn sha(bytes: &[u8]) -> domain::Sha256 {
        domain::Sha256(Sha256::digest(bytes).into())
    }

    #[tokio::test]
    async fn s1_a_file_that_is_replaced_while_it_is_read_never_leaves_whole() {
        let good = vec![b'a'; 3 * PIECE + 17];
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&good).unwrap();
        let path = file.path().to_owned();
        let expected = Expected { size: good.len() as u64, sha256: sha(&good), path: &path };
        let mut whole = Vec::new();
        let mut bytes = Box::pin(guarded(&expected).await.unwrap());
        while let Some(piece) = bytes.next().await {
            whole.extend_from_slice(&piece.unwrap());
        }
        assert!(whole == good);
        assert_eq!(sha1_of(&expected).await.unwrap(), Some(hex::encode(Sha1::digest(&good))));

        // Its last bytes, when the first piece is gone.
        let mut bytes = Box::pin(guarded(&expected).await.unwrap());
        let mut sent = bytes.next().await.unwrap().unwrap().len();
        file.seek(SeekFrom::End(-1)).unwrap();
        file.write_all(b"b").unwrap();
        let mut broke = false;
        while let Some(piece) = bytes.next().await {
            match piece {
                Ok(piece) => sent += piece.len(),
                Err(_) => broke = true,
            }
        }
        assert!(broke && sent < good.len(), "{sent}");
        assert_eq!(sha1_of(&expected).await.unwrap(), None);

        // Longer: what is behind the authorized bytes does not leave. Shorter: it breaks off.
        std::fs::write(&path, [&good[..], b"more"].concat()).unwrap();
        let sent: usize =
            guarded(&expected).await.unwrap().map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await.iter().sum();
        assert_eq!(sent, good.len());
        assert_eq!(sha1_of(&expected).await.unwrap(), None);
        std::fs::write(&path, &good[..PIECE]).unwrap();
        assert!(guarded(&expected).await.unwrap().any(async |piece| piece.is_err()).await);
    }
}
