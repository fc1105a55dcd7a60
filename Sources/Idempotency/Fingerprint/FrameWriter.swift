import Crypto
import NIOCore

/// Feeds framed items straight into a keyed hash, so that nothing is put together in memory first.
struct FrameWriter {
  private var authenticator: HMAC<SHA256>

  /// Begins a frame; the label keeps hashes for different purposes apart.
  init(_ pepper: Pepper, label: String) {
    self.init(pepper.authenticator, label: label)
  }

  init(_ authenticator: HMAC<SHA256>, label: String) {
    self.authenticator = authenticator
    append(label)
  }

  /// Appends a text, or the absence of one.
  mutating func append(_ text: String?) {
    guard var text else { return appendAbsent() }
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends bytes.
  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the readable bytes of a buffer.
  mutating func append(_ buffer: ByteBuffer) {
    buffer.withUnsafeReadableBytes { append($0) }
  }

  /// Appends name and value of each pair.
  mutating func append(pairs: [(name: String, value: String?)]) {
    for pair in pairs {
      append(pair.name)
      append(pair.value)
    }
  }

  /// Appends the mark of an item that is not there.
  mutating func appendAbsent() {
    withUnsafeBytes(of: Frame.absent) { authenticator.update(data: $0) }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: Frame.header(count: bytes.count)) { authenticator.update(data: $0) }
    if !bytes.isEmpty { authenticator.update(data: bytes) }
  }

  /// The first 128 bits of the hash.
  func digest128() -> (high: UInt64, low: UInt64) {
    authenticator.finalize().withUnsafeBytes { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  /// The whole hash as 64 lower-case hexadecimal digits.
  func hexDigest() -> String {
    authenticator.finalize().withUnsafeBytes { bytes in
      String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        for offset in stride(from: 0, to: bytes.count, by: 8) {
          let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          Hexadecimal.write(word, to: UnsafeMutableRawBufferPointer(text), at: 2 * offset)
        }
        return 2 * bytes.count
      }
    }
  }
}
