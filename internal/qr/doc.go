// Package qr draws QR codes (ISO/IEC 18004): as the path of an SVG for pages, as a PNG for mail, and as squares for paper. The error
// correction is the middle one, M, which stands a fold or a stain.
package qr
