/// The encoding under every hash: each item as its length in 4 bytes, big-endian, and its bytes.
///
/// An absent item is FFFFFFFF and nothing more. So no two lists of items share an encoding (DESIGN "The record").
enum Frame {
  /// Stands in the place of the length of an item that is absent, and is no item's length.
  static let absent = UInt32.max

  /// The four bytes before an item of so many bytes.
  static func header(count: Int) -> UInt32 {
    precondition(count < Int(absent), "an item must be shorter than 4 GiB")
    return UInt32(truncatingIfNeeded: count).bigEndian
  }

  /// Appends one item to bytes that are framed themselves, or hashed in one go.
  static func append(_ item: (some Collection<UInt8>)?, to output: inout [UInt8]) {
    withUnsafeBytes(of: item.map { header(count: $0.count) } ?? absent) { output.append(contentsOf: $0) }
    if let item { output.append(contentsOf: item) }
  }

  /// The frame of some texts.
  static func bytes(of items: [String?]) -> [UInt8] {
    var output: [UInt8] = []
    for item in items { append(item?.utf8, to: &output) }
    return output
  }
}
