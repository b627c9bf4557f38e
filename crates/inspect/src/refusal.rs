//! Why a file is not taken, each with a sentence that tells a person what to do. Names are judged by their
//! extension only; a name never becomes a path.

/// What a file that is not text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A zip: `.3mf`, `.ufp`, `.makerbot` or an ordinary archive.
    Zip,
    /// A gzip, e.g. `.gcode.gz`.
    Gzip,
    /// Prusa's binary G-code.
    Bgcode,
    /// Text with two bytes a character.
    Utf16,
    /// An STL model in text form.
    Stl,
    /// Any other content with NUL bytes.
    Binary,
}

/// Why a file cannot be printed. `Display` is the sentence for the person who uploaded it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPrintable {
    /// No bytes at all.
    #[error("The file is empty.")]
    Empty,
    /// Not text.
    #[error("{}", content_sentence(*.0))]
    NotText(Content),
    /// Text without a single G or M command.
    #[error("The file has no G-code commands. Slice the model and upload the .gcode file.")]
    NoCommands,
    /// A line that no printer can take.
    #[error("Line {line} is too long for a printer. The file may be damaged: export it again.")]
    LineTooLong {
        /// Number of the line, counted from 1.
        line: u64,
    },
    /// A name with an extension that is not taken.
    #[error("{}", name_sentence(.extension))]
    Extension {
        /// The extension in lower case without its dot; empty if there is none or it is not a plain word.
        extension: String,
    },
}

impl NotPrintable {
    /// A stable word for programs: `empty`, `not_text`, `no_commands`, `line_too_long`, `extension`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotText(_) => "not_text",
            Self::NoCommands => "no_commands",
            Self::LineTooLong { .. } => "line_too_long",
            Self::Extension { .. } => "extension",
        }
    }
}

const fn content_sentence(content: Content) -> &'static str {
    match content {
        Content::Zip => {
            "This is a package (a zip file such as .3mf, .ufp or .makerbot), not plain G-code. \
             Export the job as .gcode and upload that."
        }
        Content::Gzip => "This is a compressed file (gzip). Unpack it and upload the .gcode file inside.",
        Content::Bgcode => {
            "This is a .bgcode file (binary G-code). Turn off binary G-code in the slicer's printer settings and \
             export G-code again."
        }
        Content::Utf16 => "The file is UTF-16 text, which printers cannot read. Save it as UTF-8.",
        Content::Stl => "This is a model (STL), not a print file; slice it first.",
        Content::Binary => "This is not a text file, so it is not G-code. Export the job as .gcode and upload that.",
    }
}

fn name_sentence(extension: &str) -> String {
    let reason = match extension {
        "" => "The file name has no extension that tells what it is".to_owned(),
        "stl" | "obj" | "step" | "stp" | "amf" | "ply" => format!("A .{extension} file is a model; slice it first"),
        "3mf" => "A .3mf file is a model or a slicer's project; slice it and export plain G-code".to_owned(),
        "bgcode" => "A .bgcode file is binary G-code, which is not supported yet; export plain G-code".to_owned(),
        "ufp" | "makerbot" => {
            format!("A .{extension} file is a package, which is not supported yet; export plain G-code")
        }
        "gz" | "zip" | "7z" | "rar" | "tar" | "xz" => {
            format!("A .{extension} file is an archive; unpack it and upload the .gcode file inside")
        }
        other => format!("A .{other} file cannot be printed"),
    };
    format!("{reason}. Print files end in .gcode, .gco or .g.")
}

/// Whether a file of this name is taken, and its extension in the form that is kept: `gcode`, `gco` or `g`.
///
/// # Errors
/// [`NotPrintable::Extension`] for every other name; its sentence says what the person should do instead.
pub fn accepts(name: &str) -> Result<&'static str, NotPrintable> {
    let extension = name.trim().rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "gcode" => Ok("gcode"),
        "gco" => Ok("gco"),
        "g" => Ok("g"),
        word if word.len() <= 10 && word.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            Err(NotPrintable::Extension { extension })
        }
        _ => Err(NotPrintable::Extension { extension: String::new() }),
    }
}

/// The extensions of models.
pub const MODELS: &[&str] = &["stl", "3mf", "obj", "step", "stp", "amf", "ply"];

/// The extension of a model's name in the form that is kept. A model is stored as it came and never printed; nothing of it is
/// read here.
#[must_use]
pub fn model(name: &str) -> Option<&'static str> {
    let extension = name.trim().rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    MODELS.iter().copied().find(|known| *known == extension)
}

/// Recognises the first bytes of a file that is not text.
pub(crate) fn magic(head: &[u8]) -> Option<Content> {
    match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Content::Zip),
        [b'G', b'C', b'D', b'E', ..] => Some(Content::Bgcode),
        [0x1f, 0x8b, ..] => Some(Content::Gzip),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(Content::Utf16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_their_names_and_are_no_print_files() {
        for (name, extension) in [("Tray.STL", "stl"), ("a.gcode.3mf", "3mf"), ("x.step", "step"), ("y.Stp", "stp")] {
            assert_eq!(model(name), Some(extension), "{name}");
            assert!(accepts(name).is_err(), "{name}");
        }
        for name in ["boat.gcode", "stl", "boat.stl.exe", "boat.zip", ""] {
            assert_eq!(model(name), None, "{name}");
        }
    }

    #[test]
    fn names() {
        assert_eq!(accepts("boat.gcode"), Ok("gcode"));
        assert_eq!(accepts(" BOAT.v2.GCO "), Ok("gco"));
        assert_eq!(accepts("x.g"), Ok("g"));
        for (name, part) in [
            ("boat.stl", "is a model; slice it first"),
            ("boat.STEP", "slice it first"),
            ("boat.gcode.3mf", "export plain G-code"),
            ("boat.bgcode", "binary G-code"),
            ("boat.gcode.gz", "unpack"),
            ("boat.ufp", "package"),
            ("boat", "no extension"),
            ("boat.", "no extension"),
            ("gcode", "no extension"),
            ("boat.<b>x", "no extension"),
            ("boat.gcode\u{202e}", "no extension"),
            ("boat.exe", "A .exe file cannot be printed"),
        ] {
            let refused = accepts(name).unwrap_err();
            assert!(refused.to_string().contains(part), "{name}: {refused}");
            assert_eq!(refused.code(), "extension");
            assert!(refused.to_string().ends_with("Print files end in .gcode, .gco or .g."));
        }
    }
}
