import Foundation
import JWTKit

/// The public keys whose signatures on tokens count: an issuer's JSON Web Key Set (RFC 7517).
struct KeySet: Sendable {
  /// How large the file may be, in bytes: issuers publish a few KiB.
  static let maximumSize = 1 << 20
  /// How many keys there may be: a token that names none is tried on all.
  static let maximumKeys = 64

  /// A key, for one of the algorithms that it may be used with.
  struct Key: Sendable {
    let identifier: String?
    let algorithm: JWK.Algorithm
    /// Holds nothing but this key, so that it verifies by no other.
    let collection: JWTKeyCollection
  }

  private let keys: [Key]
  /// Which keys of the file are not used, and why: a sentence each.
  let remarks: [String]

  /// Reads a file.
  /// - Throws: `PrincipalError` if it cannot be read, is no key set, holds a secret, or no key that can be used.
  init(file: String) async throws(PrincipalError) {
    let entries = try Self.entries(of: file)
    guard entries.count <= Self.maximumKeys else {
      throw PrincipalError("The keys file \(file) has \(entries.count) keys, more than \(Self.maximumKeys).")
    }
    var keys: [Key] = []
    var remarks: [String] = []
    for (index, entry) in entries.enumerated() {
      let name = "Key \(index + 1)\(entry.identifier.map { " (kid \($0))" } ?? "") of \(file)"
      switch try entry.use(name) {
      case .ignored(let reason): remarks.append("\(name) is not used: \(reason).")
      case .verify(let key, let algorithms):
        for algorithm in algorithms { keys.append(try await Self.key(key, algorithm, name)) }
      }
    }
    guard !keys.isEmpty else {
      let sentences = ["The keys file \(file) has no key that tokens can be verified by."] + remarks
      throw PrincipalError(sentences.joined(separator: " "))
    }
    self.keys = keys
    self.remarks = remarks
  }

  /// The keys that a token may have been signed with.
  ///
  /// A token that names a key is verified by that one, or by those without a name; one that names none by all.
  /// - Parameters:
  ///   - identifier: The token's `kid`.
  ///   - algorithm: The token's `alg`: it must be the key's, so `none` and HMAC find no key.
  /// - Returns: At most as many keys as the file has; none for a token that none of them can have signed.
  func candidates(identifier: String?, algorithm: String) -> [Key] {
    let fitting = keys.filter { $0.algorithm.rawValue == algorithm }
    guard let identifier else { return fitting }
    let named = fitting.filter { $0.identifier == identifier }
    return named.isEmpty ? fitting.filter { $0.identifier == nil } : named
  }

  private static func entries(of file: String) throws(PrincipalError) -> [KeyEntry] {
    let data: Data
    do {
      data = try FileHandle(forReadingFrom: URL(filePath: file)).read(upToCount: maximumSize + 1) ?? Data()
    } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
      throw PrincipalError("The keys file \(file) does not exist.")
    } catch {
      throw PrincipalError("The keys file \(file) cannot be read: \(error.localizedDescription)")
    }
    guard data.count <= maximumSize else {
      throw PrincipalError("The keys file \(file) is larger than 1 MiB: no issuer's key set is.")
    }
    do {
      return try JSONDecoder().decode(KeyFile.self, from: data).keys
    } catch {
      throw PrincipalError(
        "The keys file \(file) is no JSON Web Key Set: it must be an object with a member keys (RFC 7517), as the "
          + "issuer of the tokens publishes it.")
    }
  }

  private static func key(
    _ key: JWK, _ algorithm: JWK.Algorithm, _ name: String
  ) async throws(PrincipalError) -> Key {
    var single = key
    single.algorithm = algorithm
    // JWTKit asks for a name; alone in its collection, the key is found by any.
    single.keyIdentifier = "only"
    let collection = JWTKeyCollection()
    do {
      try await collection.add(jwk: single)
      // Made of numbers that are no key, it fails here and not at the first token.
      _ = try await collection.getKey(alg: algorithm.rawValue)
    } catch {
      let reason = (error as? JWTError)?.reason ?? "\(error)"
      throw PrincipalError("\(name) is no valid key for \(algorithm.rawValue): \(reason).")
    }
    return Key(identifier: key.keyIdentifier?.string, algorithm: algorithm, collection: collection)
  }
}
