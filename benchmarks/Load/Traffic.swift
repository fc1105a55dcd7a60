import NIOCore

/// What is asked, request after request.
protocol Traffic: AnyObject {
  /// Appends the next request.
  ///
  /// - Returns: False where there is none left.
  func next(into buffer: inout ByteBuffer) -> Bool
}
