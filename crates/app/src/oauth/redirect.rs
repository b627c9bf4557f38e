//! Where the answer to an application may go: an address that an Admin registered, and nothing like it (RFC 9700, RFC 8252).
//! Pure; no address is ever fetched.

use crate::Error;

/// Longest address.
const LONGEST: usize = 500;
/// Most addresses of one application.
const MOST: usize = 10;

/// Cleans the addresses of a registration.
pub(super) fn clean(uris: &[String]) -> Result<Vec<String>, Error> {
    let bad = |text: String| Error::Invalid("redirect_uris", text);
    if uris.len() > MOST {
        return Err(bad("At most 10 addresses.".into()));
    }
    let mut clean: Vec<String> = Vec::new();
    for uri in uris {
        let uri = uri.trim();
        check(uri).map_err(|why| bad(format!("{why} This one cannot be used: {}", uri.escape_debug())))?;
        if !clean.iter().any(|other| other == uri) {
            clean.push(uri.to_owned());
        }
    }
    Ok(clean)
}

/// `https://` anywhere; `http://` on this very machine only; a scheme of an application's own, which has a dot in it
/// (`org.school.slicer:/back`), so that it is no `javascript:`.
fn check(uri: &str) -> Result<(), &'static str> {
    if uri.len() > LONGEST {
        return Err("An address has at most 500 characters.");
    }
    let plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '#' | '\\' | '"' | '<' | '>' | '^' | '`' | '{' | '|' | '}');
    if !uri.chars().all(plain) {
        return Err("An address has visible ASCII characters only, and no fragment (#).");
    }
    let (scheme, rest) = uri.split_once(':').ok_or("An address begins with its scheme, such as https://.")?;
    match (scheme, rest.strip_prefix("//")) {
        ("https", Some(rest)) => {
            let host = host(rest);
            let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
            if host.is_empty() || !host.chars().all(letters) || host.starts_with([':', '.', '-']) {
                return Err("After https:// comes a host, without a user name.");
            }
            Ok(())
        }
        ("http", Some(rest)) => {
            let (name, port) = split_port(host(rest)).ok_or("This port is none.")?;
            match (name, port) {
                ("127.0.0.1" | "[::1]", _) | ("localhost", Some(_)) => Ok(()),
                ("localhost", None) => {
                    Err("With localhost, name the port; better use 127.0.0.1, whose port may change.")
                }
                _ => Err("Without TLS only 127.0.0.1, [::1] and localhost are allowed."),
            }
        }
        (scheme, _) => {
            let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
            let own = scheme.starts_with(|c: char| c.is_ascii_lowercase())
                && scheme.contains('.')
                && !scheme.ends_with('.')
                && scheme.chars().all(letters)
                && rest.starts_with('/');
            if own {
                Ok(())
            } else {
                Err("An application's own scheme has a dot in it, as in org.school.slicer:/back.")
            }
        }
    }
}

/// What stands before the path.
fn host(rest: &str) -> &str {
    rest.split(['/', '?']).next().unwrap_or("")
}

/// Host and port; `None` if the port is none.
fn split_port(host: &str) -> Option<(&str, Option<&str>)> {
    let cut = if host.starts_with('[') { host.find(']').map(|at| at + 1) } else { host.find(':') };
    let (name, rest) = host.split_at(cut.unwrap_or(host.len()));
    match rest.strip_prefix(':') {
        None if rest.is_empty() => Some((name, None)),
        Some(port) if port.parse::<u16>().is_ok_and(|n| n > 0) && !port.starts_with('+') => Some((name, Some(port))),
        _ => None,
    }
}

/// Whether an answer may go to `asked`: it is `registered`, character by character. Only of a loopback address (by number, not
/// by name) may the port differ: a program listens where it can (RFC 8252 7.3).
pub(super) fn matches(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    match (loopback(registered), loopback(asked)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Host and path of a loopback address, without its port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("http://")?;
    let authority = host(rest);
    let (name, _port) = split_port(authority)?;
    matches!(name, "127.0.0.1" | "[::1]").then(|| (name, &rest[authority.len()..]))
}

/// The address with an answer added to it.
pub(super) fn answer(uri: &str, parts: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
    format!("{uri}{}{query}", if uri.contains('?') { '&' } else { '?' })
}

/// Whom a person would send to, in words they can check: the host, or the scheme of a program.
pub(super) fn shown(uri: &str) -> String {
    match uri.split_once("://") {
        Some(("https" | "http", rest)) => host(rest).to_owned(),
        _ => uri.split(':').next().unwrap_or("").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_may_be_registered() {
        for good in [
            "https://slicer.school.org/back",
            "https://slicer.school.org:8443/back?kind=1",
            "http://127.0.0.1/back",
            "http://127.0.0.1:8080",
            "http://[::1]:1/back",
            "http://localhost:32000/callback",
            "org.school.slicer:/back",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "https",
            "https://",
            "https:///back",
            "https://user@host/",
            "https://user:word@host/",
            "http://school.org/back",
            "http://127.0.0.1.evil.org/",
            "http://127.0.0.1:99999/",
            "http://127.0.0.1:+1/",
            "http://127.0.0.1:0/",
            "http://localhost/back",
            "http://127.0.0.1@evil.org/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "slicer:/back",
            "org.school.slicer:back",
            "https://host/back#part",
            "https://host/ back",
            "https://host/\u{0}",
            "https://h\u{f6}st/",
            "https://host\\@evil.org/",
            "Org.school:/x",
            "//host/back",
            "/back",
            "http://[::1/back",
            "http://[::1]x/back",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(clean(&vec!["https://a.org/".to_owned(); 11]).is_err());
        assert_eq!(clean(&[" https://a.org/ ".to_owned(), "https://a.org/".to_owned()]).unwrap(), ["https://a.org/"]);
    }

    #[test]
    fn only_the_port_of_a_loopback_number_may_differ() {
        for (registered, asked) in [
            ("https://a.org/back", "https://a.org/back"),
            ("http://127.0.0.1/back", "http://127.0.0.1:51234/back"),
            ("http://127.0.0.1:1/back", "http://127.0.0.1/back"),
            ("http://[::1]/back", "http://[::1]:8/back"),
        ] {
            assert!(matches(registered, asked), "{registered} {asked}");
        }
        for (registered, asked) in [
            ("https://a.org/back", "https://a.org/back/"),
            ("https://a.org/back", "https://a.org/back?x=1"),
            ("https://a.org/back", "https://a.org:444/back"),
            ("https://a.org/back", "https://A.org/back"),
            ("https://a.org/back", "https://a.org/../back"),
            ("https://a.org/back", "https://a.org.evil.org/back"),
            ("http://127.0.0.1/back", "http://127.0.0.1:5/other"),
            ("http://127.0.0.1/back", "https://127.0.0.1/back"),
            ("http://127.0.0.1/back", "http://[::1]/back"),
            ("http://127.0.0.1/back", "http://127.0.0.1:5@evil.org/back"),
            ("http://127.0.0.1/back", "http://127.0.0.1.evil.org/back"),
            ("http://127.0.0.1/back", "http://127.0.0.2/back"),
            ("http://localhost:32000/callback", "http://localhost:32001/callback"),
        ] {
            assert!(!matches(registered, asked), "{registered} {asked}");
        }
    }

    proptest! {
        /// Whatever is asked for: it matches only what was registered, but for digits of a port.
        #[test]
        fn nothing_else_matches(asked in "(http|https)://(127\\.0\\.0\\.1|\\[::1\\]|a\\.org|localhost)(:[0-9]{1,6})?(@[a-z.]{1,6})?(/[a-z./]{0,6})?") {
            for registered in ["http://127.0.0.1/back", "http://[::1]:7/back", "https://a.org/back", "http://localhost:1/back"] {
                if matches(registered, &asked) {
                    prop_assert_eq!(check(&asked), Ok(()));
                    let bare = |uri: &str| uri.replacen("127.0.0.1:", "127.0.0.1/", 1).replacen("]:", "]/", 1)
                        .chars().filter(|c| !c.is_ascii_digit()).collect::<String>().replace("//back", "/back");
                    prop_assert_eq!(bare(registered), bare(&asked));
                }
            }
        }

        #[test]
        fn any_text_is_checked_without_harm(text in ".{0,200}") {
            let _ = check(&text);
            prop_assert_eq!(matches("https://a.org/back", &text), text == "https://a.org/back");
        }

        /// What an answer carries comes out again, and nothing else: no part can be smuggled in by another.
        #[test]
        fn an_answer_carries_exactly_its_parts(state in ".{0,60}", code in "[A-Za-z0-9_-]{1,60}") {
            let uri = answer("https://a.org/back?kind=1", &[("code", &code), ("state", &state)]);
            let query = uri.strip_prefix("https://a.org/back?").unwrap();
            let parts: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            prop_assert_eq!(parts, [("kind".into(), "1".into()), ("code".into(), code), ("state".to_owned(), state)]);
        }
    }
}
