//! Makes a clean PNG of an embedded picture. Embedded bytes are never handed on: they are decoded under strict
//! limits and encoded anew, so that nothing but pixels comes through.

use std::io::Cursor;

use image::codecs::png::PngEncoder;
use image::{DynamicImage, ImageFormat, ImageReader, Limits};

use crate::THUMBNAIL_SIDE;

/// Longest side that is decoded, in pixels.
const LONGEST_SIDE: u32 = 2048;
/// Most memory a decoder may use, in bytes (2048 x 2048 pixels of 8 bytes and some).
const MEMORY: u64 = 48 * 1024 * 1024;

/// A picture of our own making.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// PNG bytes.
    pub(crate) png: Vec<u8>,
    /// Pixels of the original.
    pub(crate) area: u64,
}

fn format(bytes: &[u8]) -> Option<ImageFormat> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some(ImageFormat::Png),
        [0xff, 0xd8, 0xff, ..] => Some(ImageFormat::Jpeg),
        [b'q', b'o', b'i', b'f', ..] => Some(ImageFormat::Qoi),
        _ => None,
    }
}

/// Decodes PNG, JPEG or QOI (told by the first bytes, whatever the file called it); `None` if it is damaged or too
/// large.
pub(crate) fn read(bytes: &[u8]) -> Option<Picture> {
    let format = format(bytes)?;
    let (width, height) = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().ok()?;
    if width == 0 || height == 0 || width > LONGEST_SIDE || height > LONGEST_SIDE {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut image = reader.decode().ok()?;
    if width > THUMBNAIL_SIDE || height > THUMBNAIL_SIDE {
        image = image.thumbnail(THUMBNAIL_SIDE, THUMBNAIL_SIDE);
    }
    let mut png = Vec::new();
    DynamicImage::ImageRgba8(image.into_rgba8()).write_with_encoder(PngEncoder::new(&mut png)).ok()?;
    Some(Picture { png, area: u64::from(width) * u64::from(height) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn three_formats_become_png() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Qoi] {
            let picture = read(&encoded(40, 30, format)).unwrap();
            assert_eq!(picture.area, 1200);
            let back = image::load_from_memory_with_format(&picture.png, ImageFormat::Png).unwrap();
            assert_eq!((back.width(), back.height()), (40, 30));
        }
    }

    #[test]
    fn large_pictures_shrink_and_huge_ones_are_refused() {
        let picture = read(&encoded(1600, 800, ImageFormat::Png)).unwrap();
        let back = image::load_from_memory(&picture.png).unwrap();
        assert_eq!((back.width(), back.height()), (512, 256));
        assert!(read(&encoded(2049, 4, ImageFormat::Png)).is_none());
        let mut lie = b"qoif".to_vec();
        lie.extend_from_slice(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 4, 0, 0, 0]);
        assert!(read(&lie).is_none());
    }

    #[test]
    fn damage_and_other_formats_are_refused() {
        let png = encoded(64, 64, ImageFormat::Png);
        for end in 0..png.len() - 12 {
            assert!(read(&png[..end]).is_none(), "{end}");
        }
        assert!(read(b"<svg xmlns='http://www.w3.org/2000/svg'/>").is_none());
        assert!(read(b"GIF89a").is_none());
    }
}
