//! Reads a list of people to invite: pasted lines, or a CSV file with name, address and role in any order. Text stays text: a cell
//! that a spreadsheet would take for a formula is a name like any other here.

use domain::{Role, clean_label};

use crate::Invited;
use crate::accounts::email as clean_email;

/// So many people at once: each is a row of the journal and perhaps a letter, and others wait meanwhile.
pub const MOST_ROWS: usize = 500;

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Its number in the list, from 1.
    pub number: usize,
    /// Address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Role, if it says one.
    pub role: Option<Role>,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// What became of a line.
#[derive(Debug)]
pub enum Outcome {
    /// An invitation was made.
    Invited(Invited),
    /// It would be made.
    WouldBeInvited,
    /// The same address stands further up, in this line.
    Duplicate(usize),
    /// This person is in the organization.
    AlreadyIn(String),
    /// There is an open invitation.
    AlreadyInvited(String),
    /// The plan has no Guests.
    NotInPlan(String),
    /// It cannot be used: why.
    Invalid(String),
}

/// A line with its result.
#[derive(Debug)]
pub struct Row {
    /// Its number in the list, from 1.
    pub number: usize,
    /// Address.
    pub email: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Role.
    pub role: Role,
    /// What became of it.
    pub outcome: Outcome,
}

impl Row {
    pub(crate) fn new(line: &Line, role: Role) -> Self {
        Self {
            number: line.number,
            email: line.email.clone(),
            name: line.name.clone(),
            role: line.role.unwrap_or(role),
            outcome: Outcome::WouldBeInvited,
        }
    }
}

/// The lines of a list; a sentence if it cannot be read at all.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Line>, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        format!("Line {line} is not UTF-8 text. Save the list as CSV UTF-8, or paste it here.")
    })?;
    let rows = cells(text)?;
    let header = rows.first().and_then(|(_, row)| header(row));
    if header.as_ref().is_some_and(|columns| !columns.contains(&Column::Email)) {
        return Err(
            "The first line names columns, but none of them E-mail. Name the column with the addresses so.".into()
        );
    }
    let rows: Vec<_> = rows.into_iter().skip(usize::from(header.is_some())).collect();
    if rows.is_empty() {
        return Err(
            "The list is empty. Give one person a line: a name, an e-mail address and, if you like, a role.".into()
        );
    }
    if rows.len() > MOST_ROWS {
        return Err(format!(
            "The list has {} people; {MOST_ROWS} can be invited at once. Nothing was sent. Divide it into parts.",
            rows.len()
        ));
    }
    Ok(match header {
        Some(columns) => rows.into_iter().map(|(number, row)| line_by(&columns, number, &row)).collect(),
        None => rows.into_iter().flat_map(|(number, row)| lines(number, &row)).collect(),
    })
}

/// The rows of a CSV text (RFC 4180) with the line they begin in: commas, semicolons or tabs, quoted cells may hold them.
fn cells(text: &str) -> Result<Vec<(usize, Vec<String>)>, String> {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let separator = ['\t', ';', ','].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut number, mut began, mut quoted) = (1, 1, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            '\n' | '\r' => {
                if c == '\r' && chars.peek() == Some(&'\n') {
                    continue;
                }
                number += 1;
                if quoted {
                    cell.push('\n');
                    continue;
                }
                row.push(std::mem::take(&mut cell));
                keep(&mut rows, began, std::mem::take(&mut row));
                began = number;
            }
            c if c == separator && !quoted => row.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    if quoted {
        return Err(format!("A quotation mark that opens in line {began} is never closed."));
    }
    row.push(cell);
    keep(&mut rows, began, row);
    Ok(rows)
}

/// Empty lines are nobody.
fn keep(rows: &mut Vec<(usize, Vec<String>)>, began: usize, row: Vec<String>) {
    let row: Vec<String> = row.iter().map(|cell| cell.trim().to_owned()).collect();
    if row.iter().any(|cell| !cell.is_empty()) {
        rows.push((began, row));
    }
}

/// What a column of a list with a header is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Email,
    Name,
    First,
    Last,
    Role,
    /// Of no use here: a class, a telephone number.
    Other,
}

/// The columns, if this is a line that names them.
fn header(row: &[String]) -> Option<Vec<Column>> {
    if row.iter().any(|cell| cell.contains('@')) {
        return None;
    }
    let column = |cell: &String| match cell.to_lowercase().replace(['-', '_', ' '], "").as_str() {
        "email" | "mail" | "address" | "emailaddress" | "mailaddress" => Column::Email,
        "name" | "fullname" | "displayname" | "student" | "person" => Column::Name,
        "firstname" | "givenname" | "forename" => Column::First,
        "lastname" | "surname" | "familyname" => Column::Last,
        "role" => Column::Role,
        _ => Column::Other,
    };
    let columns: Vec<Column> = row.iter().map(column).collect();
    columns.iter().any(|column| *column != Column::Other).then_some(columns)
}

/// "Lena Brandt <lena@school.org>", as mail programs write it, in its two parts.
fn name_and_address(cell: &str) -> (&str, &str) {
    match cell.strip_suffix('>').and_then(|cell| cell.rsplit_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"').trim(), address.trim()),
        None => ("", cell),
    }
}

fn no_role(cell: &str) -> String {
    format!("\u{201c}{cell}\u{201d} is no role. The roles are Guest, Member and Admin.")
}

/// A line below a header: each cell is what its column says.
fn line_by(columns: &[Column], number: usize, row: &[String]) -> Line {
    let mut line = Line { number, email: None, name: None, role: None, problem: None };
    let cell = |wanted: Column| {
        let found = columns.iter().zip(row).find(|(column, cell)| **column == wanted && !cell.is_empty());
        found.map_or("", |(_, cell)| cell.as_str())
    };
    let (beside, address) = name_and_address(cell(Column::Email));
    let parts = [cell(Column::First), cell(Column::Name), cell(Column::Last)];
    let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    line.email = Some(address.to_owned()).filter(|address| !address.is_empty());
    line.name = Some(if name.is_empty() { beside.to_owned() } else { name }).filter(|name| !name.is_empty());
    let role = cell(Column::Role);
    line.role = Role::parse(&role.to_lowercase());
    if !role.is_empty() && line.role.is_none() {
        line.problem = Some(no_role(role));
    }
    check(line)
}

/// A line of a list without a header: one person, with name, address and role in any order; or addresses only, each a person.
fn lines(number: usize, row: &[String]) -> Vec<Line> {
    let cells: Vec<&String> = row.iter().filter(|cell| !cell.is_empty()).collect();
    let addresses = cells.iter().filter(|cell| cell.contains('@')).count();
    if addresses > 1 && addresses == cells.len() {
        return cells.into_iter().map(|cell| line(number, &[cell])).collect();
    }
    vec![line(number, &cells)]
}

fn line(number: usize, cells: &[&String]) -> Line {
    let mut line = Line { number, email: None, name: None, role: None, problem: None };
    for cell in cells {
        if cell.contains('@') && line.email.is_none() {
            let (name, address) = name_and_address(cell);
            if !name.is_empty() && line.name.is_none() {
                line.name = Some(name.to_owned());
            }
            line.email = Some(address.to_owned());
        } else if cell.contains('@') {
            line.problem = Some("There are several e-mail addresses in this line. Give each person a line.".into());
        } else if let Some(role) = Role::parse(&cell.to_lowercase()).filter(|_| line.role.is_none()) {
            line.role = Some(role);
        } else if line.name.is_none() {
            line.name = Some((*cell).clone());
        } else {
            line.problem = line.problem.or_else(|| Some(no_role(cell)));
        }
    }
    check(line)
}

fn check(mut line: Line) -> Line {
    let problem = match line.email.as_deref().map(clean_email) {
        None => Some("There is no e-mail address in this line.".to_owned()),
        Some(Err(error)) => Some(error.to_string()),
        Some(Ok(email)) => {
            line.email = Some(email);
            None
        }
    };
    let name = line.name.as_deref().map(clean_label).transpose().map_err(|error| error.to_string());
    line.problem = line.problem.or(problem).or_else(|| name.err());
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(text: &str) -> Vec<(String, String, Option<Role>)> {
        let lines = parse(text.as_bytes()).unwrap();
        assert!(lines.iter().all(|line| line.problem.is_none()), "{lines:?}");
        lines.into_iter().map(|l| (l.name.unwrap_or_default(), l.email.unwrap_or_default(), l.role)).collect()
    }

    #[test]
    fn org_01_a_list_is_read_however_it_is_written() {
        let lena = |role| vec![("Lena Brandt".to_owned(), "lena@school.org".to_owned(), role)];
        for text in [
            "Lena Brandt,lena@school.org",
            "lena@school.org;Lena Brandt\r\n",
            "\u{feff}Name\tE-mail\nLena Brandt\tlena@school.org\n\n",
            "Lena Brandt <lena@school.org>",
            " \"Lena Brandt\" , lena@school.org ",
        ] {
            assert_eq!(people(text), lena(None), "{text:?}");
        }
        assert_eq!(people("name,email,role\nLena Brandt,lena@school.org,Member"), lena(Some(Role::Member)));
        assert_eq!(people("a@b.org\nc@d.org").len(), 2);
        assert_eq!(people("\"Brandt, Lena\",lena@school.org")[0].0, "Brandt, Lena");
        assert_eq!(people("\"The \"\"best\"\"\",lena@school.org")[0].0, "The \"best\"");
    }

    #[test]
    fn org_01_a_header_says_what_the_columns_are() {
        let text = "First name,Last name,E-mail,Class\nLena,Brandt,lena@school.org,7b\nTom,,tom@school.org,Admin";
        let read = people(text);
        assert_eq!(read[0], ("Lena Brandt".to_owned(), "lena@school.org".to_owned(), None));
        assert_eq!(read[1], ("Tom".to_owned(), "tom@school.org".to_owned(), None), "a class is no role");
        assert_eq!(
            people("Name;Email\nMember;m@school.org")[0],
            ("Member".to_owned(), "m@school.org".to_owned(), None)
        );
        assert_eq!(people("Role\tMail\nguest\tg@school.org")[0].2, Some(Role::Guest));
        let lines = parse(b"Name,Role,Email\nLena,Owner,lena@school.org").unwrap();
        assert!(lines[0].problem.as_deref().is_some_and(|why| why.contains("Owner")), "{lines:?}");
        assert!(parse(b"Name,Class\nLena,7b").unwrap_err().contains("E-mail"));
    }

    #[test]
    fn org_01_several_addresses_in_a_line_are_several_people() {
        let addresses = |text: &str| people(text).into_iter().map(|(_, email, _)| email).collect::<Vec<_>>();
        assert_eq!(addresses("a@b.org; c@d.org"), ["a@b.org", "c@d.org"]);
        assert_eq!(addresses("a@b.org, c@d.org, e@f.org\ng@h.org"), ["a@b.org", "c@d.org", "e@f.org", "g@h.org"]);
        let read = people("\"Ann\" <ann@b.org>, \"Bob\" <bob@d.org>");
        assert_eq!(read.iter().map(|(name, ..)| name.as_str()).collect::<Vec<_>>(), ["Ann", "Bob"]);
        let lines = parse(b"Ann,a@b.org,c@d.org").unwrap();
        assert!(lines[0].problem.as_deref().is_some_and(|why| why.contains("several")), "{lines:?}");
    }

    #[test]
    fn org_01_what_looks_like_a_formula_is_a_name() {
        assert_eq!(people("=1+1,lena@school.org")[0].0, "=1+1");
        assert_eq!(people("\"=HYPERLINK(\"\"http://x\"\",1)\",lena@school.org")[0].0, "=HYPERLINK(\"http://x\",1)");
    }

    #[test]
    fn org_01_a_line_that_cannot_be_used_says_why_and_where() {
        let lines = parse(b"Lena,lena@school.org,Owner\nNobody\nx@y\n\"a\nb\",q@r.org").unwrap();
        let why: Vec<_> = lines.iter().map(|line| (line.number, line.problem.clone().unwrap_or_default())).collect();
        assert_eq!(why[0], (1, "\u{201c}Owner\u{201d} is no role. The roles are Guest, Member and Admin.".to_owned()));
        assert_eq!(why[1], (2, "There is no e-mail address in this line.".to_owned()));
        assert!(why[2].1.contains("name@school.org"), "{why:?}");
        assert!(why[3].0 == 4 && !why[3].1.is_empty(), "a line break in a name: {why:?}");
    }

    #[test]
    fn org_01_a_list_that_cannot_be_read_is_refused_with_a_sentence() {
        assert!(parse(b"a@b.org\n\xff\xfe@x.org").unwrap_err().starts_with("Line 2 is not UTF-8"));
        assert!(parse(b"\"a@b.org\nc@d.org").unwrap_err().contains("never closed"));
        for empty in ["", "\n \n", "name,email\n"] {
            assert!(parse(empty.as_bytes()).unwrap_err().contains("empty"), "{empty:?}");
        }
        let long: String = (0..5000).map(|n| format!("p{n}@school.org\n")).collect();
        assert!(
            parse(long.as_bytes()).unwrap_err().starts_with("The list has 5000 people; 500 can be invited at once")
        );
    }
}
