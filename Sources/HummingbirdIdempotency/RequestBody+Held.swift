internal import Hummingbird
internal import Idempotency
internal import NIOCore

extension RequestBody {
  /// Collects the whole body, counted against the service's budget as it grows (rule W9).
  ///
  /// - Parameters:
  ///   - limit: The largest body, in bytes.
  ///   - held: What it is counted in.
  ///   - isRefusable: Nothing of the request runs yet: it can be refused where the budget has no room for it.
  /// - Returns: The body; nil where there is no room.
  /// - Throws: `NIOTooManyBytesError` for a larger body; what the connection throws.
  func collect(upTo limit: Int, counting held: inout HeldShare, isRefusable: Bool) async throws -> ByteBuffer? {
    var body = ByteBuffer()
    for try await piece in self {
      guard body.readableBytes + piece.readableBytes <= limit else { throw NIOTooManyBytesError(maxBytes: limit) }
      // Nearly every body comes in one piece and is then not copied at all.
      if body.readableBytes == 0 { body = piece } else { body.writeImmutableBuffer(piece) }
      if !held.grow(to: body.readableBytes), isRefusable { return nil }
    }
    return held.set(body.readableBytes) || !isRefusable ? body : nil
  }
}
