import Foundation

/// How figures are put together and written.
enum Figures {
  /// The middle one, or the mean of the two in the middle; 0 of none.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// As JSON, with names as other languages write them.
  static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

extension Double {
  /// With so many decimals.
  func text(_ decimals: Int = 0) -> String { String(format: "%.\(decimals)f", self) }
}

extension Double? {
  /// With so many decimals, or a dash.
  func text(_ decimals: Int = 0) -> String { self?.text(decimals) ?? "-" }
}
