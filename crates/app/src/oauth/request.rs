//! What an application asks with: the query of an authorization request, and the form of a token request. Pure: text in, typed
//! value or refusal out. Nothing is looked up here, and nothing is answered to anybody.

use std::collections::BTreeMap;

use domain::{ClientId, Scopes};

use super::Refusal;

/// Longest query or form that is read.
const LONGEST: usize = 8 * 1024;

/// The parts of a query or form. A part that is there twice makes the whole thing void: two readers could take different ones.
pub(super) fn parts(text: &str) -> Result<BTreeMap<String, String>, &'static str> {
    if text.len() > LONGEST {
        return Err("The request is too long.");
    }
    let mut parts = BTreeMap::new();
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        // An empty part counts as absent (RFC 6749 3.1), but not as the first of two.
        if parts.insert(key.into_owned(), value.into_owned()).is_some() {
            return Err("A part of the request is there twice.");
        }
    }
    parts.retain(|_, value: &mut String| !value.is_empty());
    Ok(parts)
}

/// An authorization request: to whom the answer would go, and what is asked, or why that cannot be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub client: ClientId,
    /// Not checked yet: until it is, nothing may be sent there.
    pub redirect_uri: String,
    pub state: Option<String>,
    pub wanted: Result<Wanted, Refusal>,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub scopes: Scopes,
    /// PKCE, S256.
    pub challenge: String,
}

/// Reads the query of `/oauth/authorize`.
///
/// # Errors
/// A sentence for the person: there is nobody to answer to.
pub(super) fn authorization(query: &str) -> Result<Asked, &'static str> {
    let parts = parts(query.strip_prefix('?').unwrap_or(query))?;
    let part = |key: &str| parts.get(key).map(String::as_str);
    let client = client(part("client_id")).ok_or("The request does not say which application sent you here.")?;
    let redirect_uri = part("redirect_uri").ok_or("The request does not say where to go back to.")?.to_owned();
    let state = part("state").map(str::to_owned);
    if state
        .as_ref()
        .is_some_and(|state| state.len() > 1024 || !state.chars().all(|c| c == ' ' || c.is_ascii_graphic()))
    {
        return Err("The request has a state that cannot be sent back.");
    }
    Ok(Asked { client, redirect_uri, state, wanted: wanted(part) })
}

fn wanted<'a>(part: impl Fn(&str) -> Option<&'a str>) -> Result<Wanted, Refusal> {
    if part("request").is_some() || part("request_uri").is_some() {
        return Err(Refusal::InvalidRequest("Request objects are not taken."));
    }
    match part("response_type") {
        Some("code") => {}
        Some(_) => return Err(Refusal::UnsupportedResponseType),
        None => return Err(Refusal::InvalidRequest("response_type is missing; it is code.")),
    }
    if part("response_mode").is_some_and(|mode| mode != "query") {
        return Err(Refusal::InvalidRequest("The answer goes into the query."));
    }
    // RFC 9700 2.1.1: for everybody, and never in the clear. Without the method it would mean `plain`.
    if part("code_challenge_method") != Some("S256") {
        return Err(Refusal::InvalidRequest("PKCE with code_challenge_method=S256 is needed."));
    }
    let challenge = part("code_challenge").filter(|c| c.len() == 43 && c.chars().all(url_safe));
    let challenge =
        challenge.ok_or(Refusal::InvalidRequest("code_challenge has to be 43 characters (S256)."))?.to_owned();
    let scopes = Scopes::parse(part("scope").unwrap_or("")).map_err(|_| Refusal::InvalidScope)?;
    Ok(Wanted { scopes, challenge })
}

fn url_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn client(text: Option<&str>) -> Option<ClientId> {
    // One spelling only, the one that was given out.
    let text = text?;
    let id: uuid::Uuid = text.parse().ok()?;
    (id.to_string() == text).then_some(ClientId(id))
}

/// A request at one of the protocol's own endpoints; all are forms of public clients.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `grant_type=authorization_code`.
    Code { client: ClientId, code: String, redirect_uri: String, verifier: String },
    /// `grant_type=refresh_token`.
    Refresh { client: ClientId, token: String, scopes: Option<Scopes> },
    /// `grant_type=urn:ietf:params:oauth:grant-type:device_code`.
    Device { client: ClientId, code: String },
}

/// The name of the device grant (RFC 8628).
pub(super) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn public_client(parts: &BTreeMap<String, String>) -> Result<ClientId, Refusal> {
    if parts.contains_key("client_secret") || parts.contains_key("client_assertion") {
        return Err(Refusal::InvalidClient);
    }
    client(parts.get("client_id").map(String::as_str)).ok_or(Refusal::InvalidClient)
}

/// Reads the form of `/oauth/token`.
pub(super) fn token(form: &str) -> Result<Form, Refusal> {
    let parts = parts(form).map_err(Refusal::InvalidRequest)?;
    let part = |key: &str, missing: &'static str| parts.get(key).cloned().ok_or(Refusal::InvalidRequest(missing));
    let kind = part("grant_type", "grant_type is missing.")?;
    if !matches!(kind.as_str(), "authorization_code" | "refresh_token" | DEVICE_GRANT) {
        return Err(Refusal::UnsupportedGrantType);
    }
    let client = public_client(&parts)?;
    match kind.as_str() {
        "authorization_code" => {
            let verifier = part("code_verifier", "code_verifier is missing.")?;
            let unreserved = |c: char| url_safe(c) || matches!(c, '.' | '~');
            if !(43..=128).contains(&verifier.len()) || !verifier.chars().all(unreserved) {
                return Err(Refusal::InvalidRequest("code_verifier has 43 to 128 unreserved characters."));
            }
            let code = part("code", "code is missing.")?;
            Ok(Form::Code { client, code, redirect_uri: part("redirect_uri", "redirect_uri is missing.")?, verifier })
        }
        "refresh_token" => {
            let scopes = parts.get("scope").map(|text| Scopes::parse(text)).transpose();
            let scopes = scopes.map_err(|_| Refusal::InvalidScope)?;
            Ok(Form::Refresh { client, token: part("refresh_token", "refresh_token is missing.")?, scopes })
        }
        _ => Ok(Form::Device { client, code: part("device_code", "device_code is missing.")? }),
    }
}

/// Reads the form of `/oauth/device`.
pub(super) fn device(form: &str) -> Result<(ClientId, Scopes), Refusal> {
    let parts = parts(form).map_err(Refusal::InvalidRequest)?;
    let client = public_client(&parts)?;
    let scope = parts.get("scope").map_or("", String::as_str);
    Ok((client, Scopes::parse(scope).map_err(|_| Refusal::InvalidScope)?))
}

/// Reads the form of `/oauth/revoke` (RFC 7009): whose token, and which.
pub(super) fn revocation(form: &str) -> Result<(ClientId, String), Refusal> {
    let parts = parts(form).map_err(Refusal::InvalidRequest)?;
    let client = public_client(&parts)?;
    let token = parts.get("token").cloned().ok_or(Refusal::InvalidRequest("token is missing."))?;
    Ok((client, token))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENT: &str = "019a2b3c-0000-7000-8000-000000000001";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn good() -> Vec<(&'static str, &'static str)> {
        vec![
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", "https://a.org/back"),
            ("scope", "read print"),
            ("state", "x y"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
    }

    fn query(parts: &[(&str, &str)]) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish()
    }

    #[test]
    fn a_good_request_is_read() {
        let asked = authorization(&query(&good())).unwrap();
        assert_eq!((asked.redirect_uri.as_str(), asked.state.as_deref()), ("https://a.org/back", Some("x y")));
        assert_eq!(asked.client.to_string(), CLIENT);
        let wanted = asked.wanted.unwrap();
        assert_eq!((wanted.scopes.to_string().as_str(), wanted.challenge.as_str()), ("read print", CHALLENGE));
    }

    #[test]
    fn rfc_9700_what_is_refused() {
        for (key, value, refusal) in [
            ("response_type", "token", Refusal::UnsupportedResponseType),
            ("response_type", "code token", Refusal::UnsupportedResponseType),
            (
                "code_challenge_method",
                "plain",
                Refusal::InvalidRequest("PKCE with code_challenge_method=S256 is needed."),
            ),
            ("code_challenge_method", "", Refusal::InvalidRequest("PKCE with code_challenge_method=S256 is needed.")),
            (
                "code_challenge_method",
                "s256",
                Refusal::InvalidRequest("PKCE with code_challenge_method=S256 is needed."),
            ),
            ("code_challenge", "short", Refusal::InvalidRequest("code_challenge has to be 43 characters (S256).")),
            ("scope", "", Refusal::InvalidScope),
            ("scope", "read admin", Refusal::InvalidScope),
        ] {
            let parts: Vec<_> = good().into_iter().map(|(k, v)| (k, if k == key { value } else { v })).collect();
            assert_eq!(authorization(&query(&parts)).unwrap().wanted, Err(refusal), "{key}={value}");
        }
        for key in ["client_id", "redirect_uri"] {
            let parts: Vec<_> = good().into_iter().filter(|(k, _)| *k != key).collect();
            assert!(authorization(&query(&parts)).is_err(), "{key}");
        }
        for extra in [("request", "x"), ("request_uri", "https://evil.org"), ("response_mode", "fragment")] {
            let mut parts = good();
            parts.push(extra);
            assert!(authorization(&query(&parts)).unwrap().wanted.is_err(), "{extra:?}");
        }
        for grant in ["password", "client_credentials", "implicit", ""] {
            let form = query(&[("grant_type", grant), ("client_id", CLIENT), ("username", "x"), ("password", "y")]);
            assert!(matches!(token(&form), Err(Refusal::UnsupportedGrantType | Refusal::InvalidRequest(_))), "{grant}");
        }
        let secret = query(&[
            ("grant_type", "refresh_token"),
            ("client_id", CLIENT),
            ("client_secret", "x"),
            ("refresh_token", "y"),
        ]);
        assert_eq!(token(&secret), Err(Refusal::InvalidClient));
    }

    proptest! {
        /// No part may be there twice, whichever it is and however it is spelled.
        #[test]
        fn a_part_that_is_there_twice_voids_the_request(at in 0_usize..7, value in "[ -~]{0,20}") {
            let mut parts: Vec<(&str, &str)> = good();
            let key = parts[at].0;
            parts.push((key, &value));
            prop_assert!(authorization(&query(&parts)).is_err());
            let spelled = format!("{}&%{:02x}{}=x", query(&good()), key.as_bytes()[0], &key[1..]);
            prop_assert!(authorization(&spelled).is_err());
        }

        /// Whatever comes: it is read without harm, and what is accepted is S256, a known scope and an answerable state.
        #[test]
        fn any_query_is_read_without_harm(text in ".{0,300}", keys in proptest::collection::vec((0_usize..7, ".{0,60}"), 0..7)) {
            let mut parts: Vec<(&str, &str)> = good();
            for (at, value) in &keys {
                parts[*at].1 = value;
            }
            for query in [text.clone(), query(&parts)] {
                if let Ok(asked) = authorization(&query) {
                    prop_assert!(asked.state.iter().all(|state| state.is_ascii()));
                    if let Ok(wanted) = asked.wanted {
                        prop_assert_eq!(wanted.challenge.len(), 43);
                        prop_assert!(query.contains("S256"));
                    }
                }
                let _ = token(&query);
                let _ = device(&query);
                let _ = revocation(&query);
            }
        }

        #[test]
        fn any_form_is_read_without_harm(
            grant in prop_oneof![Just("authorization_code"), Just("refresh_token"), Just(DEVICE_GRANT), Just("password")],
            values in proptest::collection::vec(".{0,140}", 6),
        ) {
            let keys = ["code", "redirect_uri", "code_verifier", "refresh_token", "scope", "device_code"];
            let mut parts = vec![("grant_type", grant), ("client_id", CLIENT)];
            parts.extend(keys.into_iter().zip(values.iter().map(String::as_str)));
            match token(&query(&parts)) {
                Ok(Form::Code { verifier, .. }) => prop_assert!((43..=128).contains(&verifier.len()) && verifier.is_ascii()),
                Ok(Form::Refresh { token, .. }) => prop_assert_eq!(&token, &values[3]),
                Ok(Form::Device { code, .. }) => prop_assert_eq!(&code, &values[5]),
                Err(refusal) => prop_assert!(!refusal.code().is_empty()),
            }
        }
    }
}
