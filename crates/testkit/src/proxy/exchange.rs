//! Whole requests and answers as bytes, as far as drivers and virtual printers speak HTTP.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// Longest thing that is carried.
const LONGEST: usize = 64 * 1024 * 1024;

/// A whole request; `None` if the client went away.
pub(super) async fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    read(stream, false).await
}

/// A whole answer; `None` if the printer went away before its end.
pub(super) async fn read_answer(stream: &mut TcpStream) -> Option<Vec<u8>> {
    read(stream, true).await
}

/// The push channel asks for another protocol.
pub(super) fn is_push(request: &[u8]) -> bool {
    request.starts_with(b"GET /sockjs/")
}

/// Method and path.
pub(super) fn first_line(message: &[u8]) -> &str {
    let end = message.iter().position(|byte| *byte == b'\r').unwrap_or(0);
    std::str::from_utf8(&message[..end]).unwrap_or("")
}

/// Where the head ends and how long the body is.
fn measure(message: &[u8]) -> Option<(usize, usize)> {
    let head = message.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&message[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    Some((head, length.unwrap_or(0)))
}

async fn read(stream: &mut TcpStream, answer: bool) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        if let Some((head, body)) = measure(&message)
            && message.len() >= head + body
        {
            // "100 Continue" is not the answer.
            if answer && first_line(&message).contains(" 100") {
                message.drain(..head);
                continue;
            }
            return Some(message);
        }
        match stream.read(&mut buffer).await {
            Ok(n) if n > 0 && message.len() < LONGEST => message.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_whole_when_its_body_is() {
        assert_eq!(measure(b"GET / HTTP/1.1\r\nhost: x\r\n"), None);
        assert_eq!(measure(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"), Some((27, 0)));
        assert_eq!(measure(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), Some((38, 5)));
        assert_eq!(first_line(b"GET /api/job HTTP/1.1\r\nhost: x"), "GET /api/job HTTP/1.1");
        assert!(is_push(b"GET /sockjs/001/abc/websocket HTTP/1.1"));
    }
}
