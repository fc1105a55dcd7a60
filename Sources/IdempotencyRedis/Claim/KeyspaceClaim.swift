internal import HiredisNIO
internal import Idempotency
internal import NIOCore

/// One try to write down in `{prefix}:meta` how keyspaces derive keys and fingerprints, or to find it written.
///
/// Bound to the connection's event loop: everything here runs on it.
struct KeyspaceClaim {
  typealias Then = (Result<Void, RedisStoreError>) -> Void

  private let derivations: [KeyspaceDerivation]
  private let key: String
  private let connection: RedisConnection

  init(_ derivations: [KeyspaceDerivation], key: String, _ connection: RedisConnection) {
    self.derivations = derivations
    self.key = key
    self.connection = connection
  }

  /// Reads, writes what is missing, and reads again.
  ///
  /// It reads first because a claim that stands needs no write, which a full Redis would refuse. It reads again because
  /// another node may have been first: what stands there then decides.
  /// - Parameter then: Called once, on the loop.
  func make(_ then: @escaping Then) {
    if derivations.isEmpty { return then(.success(())) }
    missing { result in
      guard case .success(let missing) = result, !missing.isEmpty else { return then(result.map { _ in }) }
      write(missing[...]) { written in
        guard case .success = written else { return then(written) }
        self.missing { result in
          then(
            result.flatMap { missing in
              missing.isEmpty ? .success(()) : .failure(RedisStoreError(.notReady, "Redis lost \(key) in a moment"))
            })
        }
      }
    }
  }

  /// Finds out what is not claimed yet, and whether a keyspace is claimed otherwise.
  private func missing(_ then: @escaping (Result<[KeyspaceDerivation], RedisStoreError>) -> Void) {
    connection.send({ writer in
      writer.begin("HMGET", argumentCount: 1 + derivations.count)
      writer.bulk(key)
      for derivation in derivations { writer.bulk(derivation.keyspace) }
    }) { result in
      then(
        result.mapError(failure).flatMap { reply in
          guard let values = reply.array, values.count == derivations.count else {
            return .failure(RedisStoreError(.claimRefused, "Redis gives HMGET \(key) an answer that is none"))
          }
          let standing = zip(derivations, values)
          if let other = standing.first(where: { !$1.isNull && $1.string != $0.digest }) {
            return .failure(otherwise(other.0))
          }
          return .success(standing.filter { $1.isNull }.map { $0.0 })
        })
    }
  }

  /// One field after the other: a server is asked for as many as a configuration has policies, once.
  private func write(_ rest: ArraySlice<KeyspaceDerivation>, _ then: @escaping Then) {
    guard let first = rest.first else { return then(.success(())) }
    connection.send({ writer in
      writer.begin("HSETNX", argumentCount: 3)
      writer.bulk(key)
      writer.bulk(first.keyspace)
      writer.bulk(first.digest)
    }) { result in
      if case .failure(let error) = result { return then(.failure(failure(error))) }
      write(rest.dropFirst(), then)
    }
  }

  private func otherwise(_ derivation: KeyspaceDerivation) -> RedisStoreError {
    RedisStoreError(
      .derivesOtherwise,
      "keyspace \(derivation.keyspace) is in use with another derivation (\(key) in Redis): its key source, key "
        + "format, scope, principal, fingerprint or pepper is not that of this configuration. A changed derivation "
        + "needs a new keyspace; in this one, keys that are in use would begin a second life")
  }

  private func failure(_ error: RedisError) -> RedisStoreError {
    guard error.outcome == .refused else {
      return RedisStoreError(.notReady, "Redis could not be asked for \(key): \(error.message)")
    }
    return RedisStoreError(
      .claimRefused,
      "Redis refuses to read or write \(key): allow it with ACL `+hmget +hsetnx`, or see why it takes no writes (Redis "
        + "says: \(error.serverError?.description ?? error.message))")
  }
}
