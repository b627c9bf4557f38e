//! The result: plain data, ready for the database and the API. It may hold no text that was not cleaned
//! (control and text-direction characters stripped, at most 200 characters).

use serde::{Deserialize, Serialize};

/// What a print file says about itself. `None`: the file does not say, or what it says cannot be true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// The program that made the file, e.g. `Cura`, `PrusaSlicer`, `OrcaSlicer`.
    pub slicer: Option<String>,
    /// Its version as written, e.g. `4.13.0`, `2.6.0-alpha1+UNKNOWN`.
    pub slicer_version: Option<String>,
    /// The command dialect where the file names it, e.g. `Marlin`, `Griffin`, `UltiGCode`.
    pub flavor: Option<String>,
    /// The slicer's estimate of the print time in seconds (normal mode).
    pub print_time_s: Option<u64>,
    /// Filament length in millimetres, all tools together. For Griffin it is reckoned from the volume and the
    /// 2.85 mm filament of those machines.
    pub filament_mm: Option<f64>,
    /// Filament volume in cubic millimetres, all tools together.
    pub filament_mm3: Option<f64>,
    /// Filament weight in grams, all tools together; only where the slicer knew a density.
    pub filament_g: Option<f64>,
    /// The kinds of material of the tools in use, each once, joined by a comma: `PLA`, `PLA, PVA`.
    pub material: Option<String>,
    /// How many layers, from the slicer's count or its layer marks.
    pub layers: Option<u32>,
    /// Layer height in millimetres (of all layers but the first).
    pub layer_height_mm: Option<f64>,
    /// Width, depth and height in millimetres from the header's box; the height is above the bed. May include
    /// priming and prime tower. `None` where the box starts at the machine's origin (it then is not the part's).
    pub size_mm: Option<[f64; 3]>,
    /// The machine the file was sliced for, as the slicer names it.
    pub target_machine: Option<String>,
    /// Lines with a G or M command.
    pub commands: u64,
    /// Of these, the moves (G0 to G3).
    pub moves: u64,
    /// What a person should know before printing, as sentences.
    pub warnings: Vec<String>,
}

/// The facts and the picture of one file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inspected {
    /// The facts.
    pub facts: Facts,
    /// The largest valid embedded thumbnail, encoded anew as PNG, longest side at most
    /// [`THUMBNAIL_SIDE`](crate::THUMBNAIL_SIDE) pixels. Never the embedded bytes themselves.
    pub thumbnail: Option<Vec<u8>>,
}
