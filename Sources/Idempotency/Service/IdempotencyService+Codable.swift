#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
internal import NIOCore
internal import NIOFoundationCompat

extension IdempotencyService {
  /// Runs an operation at most once under a key; its result is stored as JSON and decoded for every caller.
  ///
  /// As ``perform(key:fingerprint:policy:retaining:thrown:operation:)``, for a result that is `Codable`. The first caller's
  /// value is decoded from what is stored, as every later caller's is: all get the same.
  /// - Parameters:
  ///   - key: Under what name the operation is known to all nodes.
  ///   - fingerprint: What it was asked to do; the same key with another fingerprint is refused.
  ///   - policy: Times, and what is decided about unknown outcomes.
  ///   - type: What the result is decoded as.
  ///   - thrown: What an error says about the effect that `operation` threw. ``OperationNotStarted`` always says that
  ///     there was none.
  ///   - operation: The work. It gets the attempt: a fencing number that grows with every executor of the key; nil where
  ///     it runs unguarded.
  /// - Returns: The first result.
  /// - Throws: ``OperationResultError`` when the operation is done (the effect has happened) and its result cannot be
  ///   encoded, or not be decoded as `type`; otherwise what the other method throws.
  public func perform<Value: Codable & Sendable>(
    key: RecordKey, fingerprint: Fingerprint, policy: ExecutionPolicy = ExecutionPolicy(),
    as type: Value.Type = Value.self,
    thrown: @escaping @Sendable (any Error) -> ThrownErrorMeaning = { _ in .unknownOutcome },
    operation: @escaping @Sendable (_ attempt: Int?) async throws -> Value
  ) async throws -> Value {
    let result = try await execute(key: key, fingerprint: fingerprint, policy: policy) { attempt in
      let value: Value
      do {
        value = try await operation(attempt)
      } catch {
        return Self.failed(error, thrown)
      }
      do {
        return Self.done(ByteBuffer(data: try JSONEncoder().encode(value)), retaining: Self.defaultRetained)
      } catch {
        return Self.done(notKept: OperationResultError.notEncodable(type: "\(type)", underlying: error))
      }
    }
    do {
      return try JSONDecoder().decode(type, from: Data(buffer: result.value))
    } catch {
      throw OperationResultError.notDecodable(result: result, type: "\(type)", underlying: error)
    }
  }
}
