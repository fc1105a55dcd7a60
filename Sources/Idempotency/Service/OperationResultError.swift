/// An operation that is done, whose result cannot be given as the type that the caller asked for.
///
/// The effect has happened, in this call or in an earlier one. The key is settled: a retry executes nothing.
public enum OperationResultError: Error, Sendable {
  /// The stored result is not one of `type`, which has changed since, or does not decode what it encodes.
  ///
  /// Every caller with this type gets this error, the first one too: all get the same of one key. The result stays as it
  /// is stored.
  ///
  /// - Parameters:
  ///   - result: The stored JSON, to be decoded as what it is; and whether it was stored before.
  ///   - type: The name of the type that was asked for.
  ///   - underlying: The decoder's error.
  case notDecodable(result: OperationResult, type: String, underlying: any Error)
  /// The operation gave a value that cannot be encoded as JSON, such as an infinite number.
  ///
  /// Only the caller whose call executed it gets this error. The key says that the operation is done and its result was not
  /// kept: later callers get ``OperationError/resultNotRetained``.
  ///
  /// - Parameters:
  ///   - type: The name of the value's type.
  ///   - underlying: The encoder's error.
  case notEncodable(type: String, underlying: any Error)
}

extension OperationResultError: CustomStringConvertible {
  /// That it is done, and why there is no value; never the result itself.
  public var description: String {
    switch self {
    case .notDecodable(_, let type, let underlying):
      "the operation is done; its stored result could not be decoded as \(type): \(underlying)"
    case .notEncodable(let type, let underlying):
      "the operation is done; its result could not be encoded as \(type) and was not kept: \(underlying)"
    }
  }
}
