import Foundation

/// Why an effect could not be written down, which here means carried out.
struct LedgerError: Error, CustomStringConvertible {
  let description: String
  /// Certainly nothing was done.
  let hadNoEffect: Bool

  init(_ message: String, _ code: CInt, hadNoEffect: Bool = false) {
    description = "\(message): \(String(cString: strerror(code)))"
    self.hadNoEffect = hadNoEffect
  }
}
