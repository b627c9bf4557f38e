//! The words of letters: plain text, and the same as simple HTML. Everything that people wrote is text here, never markup.

use domain::{Micros, Role};
use mail::Letter;
use store::mail::{Content, To};

/// What a letter needs besides what it tells.
pub(crate) struct Desk<'a> {
    /// The address people open, without a slash at its end.
    pub public_url: &'a str,
    /// The link of an invitation.
    pub link: String,
}

/// Writes the letter.
pub(crate) fn write(content: &Content, desk: &Desk<'_>) -> Letter {
    match content {
        Content::Invitation { to, organization, by, role, expires_at, .. } => {
            let as_what = match role {
                Role::Admin => "an Admin",
                Role::Member => "a Member",
                Role::Guest => "a Guest",
            };
            Sheet {
                subject: format!("{by} invites you to {organization}"),
                lead: format!("{by} invites you to {organization} as {as_what}."),
                quote: None,
                more: Some(format!(
                    "{} The link works once, until {}, and only for an account with this e-mail address.",
                    what_a_role_does(*role),
                    day(*expires_at)
                )),
                button: ("Join", desk.link.clone()),
                foot: format!("You get this because {by} entered your address. If you do not know them, do nothing."),
            }
            .to(to)
        }
        Content::Decision { to, decision, job, number, name, printer, by, message, organization } => {
            let link = format!("{}/jobs/{job}", desk.public_url);
            let (subject, lead, more, button) = match decision.as_str() {
                "approved" => (
                    format!("Approved: {name}"),
                    format!("{by} approved your print."),
                    format!(
                        "{name} (job {number}) is in the queue of {printer}. It starts when the printer is free and its plate is clear."
                    ),
                    "See the job",
                ),
                "sent_back" => (
                    format!("Sent back: {name}"),
                    format!("{by} needs a change before {name} can print."),
                    "Change the model, slice it, and send the new file to the same job.".to_owned(),
                    "Send a new version",
                ),
                _ => (
                    format!("Rejected: {name}"),
                    format!("{by} rejected {name}."),
                    format!(
                        "Job {number} is in your history. You can reprint it from there; it then asks for approval again."
                    ),
                    "See the job",
                ),
            };
            Sheet {
                subject,
                lead,
                quote: message.clone(),
                more: Some(more),
                button: (button, link),
                foot: format!("Sent for your own print jobs in {organization}."),
            }
            .to(to)
        }
        Content::Help { to, by, action, wish, place, name, organization } => {
            let lead = crate::asked_for(by, action, wish, place.kind, name);
            Sheet {
                subject: lead.trim_end_matches('.').to_owned(),
                lead,
                quote: None,
                more: Some("You can do it there, or leave it: nothing happens by itself.".to_owned()),
                button: ("Look at it", format!("{}{}", desk.public_url, crate::page_of(*place))),
                foot: format!("You get this because you can change it in {organization}."),
            }
            .to(to)
        }
    }
}

fn what_a_role_does(role: Role) -> &'static str {
    match role {
        Role::Guest => "Guests send print jobs to the printers that are shared with them.",
        Role::Member => "Members print, add printers and approve the print jobs of Guests.",
        Role::Admin => "Admins see all printers, invite people and set their roles.",
    }
}

/// "3 December 2026", in UTC.
fn day(at: Micros) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let text = at.rfc3339();
    let mut parts = text.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    match (year, month.and_then(|m| m.parse::<usize>().ok()), day.and_then(|d| d.parse::<u8>().ok())) {
        (Some(year), Some(month @ 1..=12), Some(day)) => format!("{day} {} {year}", MONTHS[month - 1]),
        _ => text,
    }
}

/// A letter before it is set.
struct Sheet {
    subject: String,
    lead: String,
    /// What a person wrote.
    quote: Option<String>,
    more: Option<String>,
    button: (&'static str, String),
    foot: String,
}

impl Sheet {
    fn to(self, to: &To) -> Letter {
        Letter {
            to: to.email.clone(),
            to_name: to.name.clone(),
            text: self.text(),
            html: self.html(),
            // A name may not begin a new line of the head.
            subject: self.subject.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }

    fn text(&self) -> String {
        let mut parts = vec![self.lead.clone()];
        if let Some(quote) = &self.quote {
            parts.push(quote.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n"));
        }
        parts.extend(self.more.clone());
        parts.push(format!("{}:\n{}", self.button.0, self.button.1));
        parts.push(format!("--\nImprimatur. {}", self.foot));
        parts.join("\n\n") + "\n"
    }

    fn html(&self) -> String {
        let quote = self.quote.as_ref().map_or_else(String::new, |quote| {
            format!(
                "<p style=\"margin:0 0 16px;padding:8px 14px;border-left:3px solid #2340c7;white-space:pre-line\">{}</p>",
                escape(quote)
            )
        });
        let more = self.more.as_ref().map_or_else(String::new, |more| {
            format!("<p style=\"margin:0 0 20px;color:#45514d\">{}</p>", escape(more))
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{subject}</title></head>\
             <body style=\"margin:0;padding:24px;background:#f6f4ee;color:#14201e;font:15px/1.5 'Hanken Grotesk',Helvetica,Arial,sans-serif\">\
             <div style=\"max-width:520px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #ddd8cc;border-radius:12px\">\
             <p style=\"margin:0 0 16px;font:500 18px Georgia,serif;color:#2340c7\">Imprimatur</p>\
             <p style=\"margin:0 0 16px\"><b>{lead}</b></p>{quote}{more}\
             <p style=\"margin:0\"><a href=\"{link}\" style=\"display:inline-block;padding:10px 18px;border-radius:8px;background:#2340c7;color:#ffffff;text-decoration:none\">{button}</a></p>\
             </div><p style=\"max-width:520px;margin:12px auto 0;font-size:12px;color:#5f6a66\">{foot}</p></body></html>",
            subject = escape(&self.subject),
            lead = escape(&self.lead),
            link = escape(&self.button.1),
            button = escape(self.button.0),
            foot = escape(&self.foot),
        )
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use store::requests::{Place, PlaceKind};

    use super::*;

    fn decision(word: &str, name: &str, message: Option<&str>) -> Letter {
        let content = Content::Decision {
            to: To { email: "lena@school.org".into(), name: Some("Lena".into()) },
            decision: word.into(),
            job: domain::JobId(uuid::Uuid::nil()),
            number: 7,
            name: name.into(),
            printer: "Bench 3".into(),
            by: "Mara Okafor".into(),
            message: message.map(str::to_owned),
            organization: "Hexa Makerlab".into(),
        };
        write(&content, &Desk { public_url: "https://print.school.org", link: String::new() })
    }

    #[test]
    fn ntf_01_a_decision_says_who_first_and_has_the_link_of_the_job() {
        let letter = decision("approved", "Gear", None);
        assert_eq!(letter.subject, "Approved: Gear");
        assert!(letter.text.starts_with("Mara Okafor approved your print."), "{}", letter.text);
        let link = "https://print.school.org/jobs/00000000-0000-0000-0000-000000000000";
        assert!(letter.text.contains(link) && letter.html.contains(link));
        let back = decision("sent_back", "Gear", Some("Add a fillet.\nThen send it again."));
        assert!(back.text.contains("> Add a fillet.\n> Then send it again."), "{}", back.text);
        assert!(decision("rejected", "Gear", None).text.starts_with("Mara Okafor rejected Gear."));
    }

    #[test]
    fn apr_20_a_request_says_who_wants_what_and_has_the_link_of_the_place() {
        let place = Place { kind: PlaceKind::Project, id: Some(uuid::Uuid::nil()) };
        let content = Content::Help {
            to: To { email: "lena@school.org".into(), name: Some("Lena".into()) },
            by: "Mara Okafor".into(),
            action: "job.approve".into(),
            wish: "share_project".into(),
            place,
            name: "Gears <2>".into(),
            organization: "Hexa Makerlab".into(),
        };
        let letter = write(&content, &Desk { public_url: "https://print.school.org", link: String::new() });
        assert_eq!(letter.subject, "Mara Okafor asks you to share the library project Gears <2> with them");
        let link = "https://print.school.org/library/00000000-0000-0000-0000-000000000000";
        assert!(letter.text.contains(link) && letter.html.contains(link), "{}", letter.text);
        assert!(letter.html.contains("Gears &lt;2&gt;"), "{}", letter.html);
    }

    #[test]
    fn what_people_wrote_is_never_markup() {
        let letter = decision("sent_back", "<b>Gear</b>\r\nBcc: x@y.org", Some("<script>alert(1)</script> & \"so\""));
        assert!(!letter.html.contains("<script>") && !letter.html.contains("<b>Gear"), "{}", letter.html);
        assert!(letter.html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;so&quot;"));
        assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
        assert!(letter.text.contains("<script>alert(1)</script>"), "text is text");
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(day(Micros(1_767_225_600_000_000)), "1 January 2026");
    }
}
