/// The bounds of every part of an HTTP/1.x message, in bytes unless said otherwise.
///
/// Time bounds them as well: a head must be complete within `timeouts.header`, a body and its trailers may not pause for
/// longer than `timeouts.body`, an origin may be silent for `originTimeout`.
struct MessageLimits: Sendable {
  /// The first line and all fields.
  ///
  /// 32 KiB by default: four times what nginx takes in one line, twice what Node takes in all.
  var headBytes = 32 * 1024
  /// A request's target.
  ///
  /// 16 KiB: twice what browsers and proxies are known to carry.
  var targetBytes = 16 * 1024
  /// How many fields a head or a trailer section has.
  ///
  /// 256: twice what Apache takes.
  var fieldCount = 256
  /// Names in Connection, of which each is compared with each field's.
  var connectionNames = 64
  /// Empty lines before a request, of which RFC 9112 section 2.2 asks to ignore at least one.
  var emptyLines = 4
  /// Digits of a chunk's size, leading zeros among them: as many as 64 bits have.
  var chunkSizeDigits = 16
  /// All chunk extensions of one message; nobody is known to send any.
  var chunkExtensionBytes = 4 * 1024
  /// A trailer section: as much as a head.
  var trailerBytes: Int { headBytes }
  /// Interim answers (1xx) to one request: one a second for two hours and a half.
  var interimAnswers = 10_000
  /// A body, whoever it is for: 1 TiB.
  ///
  /// What is held in memory is bounded by its policy, far below this.
  var bodyBytes = 1 << 40
}
