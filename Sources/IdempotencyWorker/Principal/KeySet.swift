import Foundation
import JWTKit

/// The public keys whose signatures on tokens count: an issuer's JSON Web Key Set (RFC 7517).
struct KeySet: Sendable {
  /// How large a set may be, in bytes: issuers publish a few KiB.
  static let maximumSize = 1 << 20
  /// How many keys there may be.
  static let maximumKeys = 64
  /// How many keys a token is tried on at most.
  ///
  /// 4: an issuer has one key for an algorithm, and two or three while it changes them. A forged token costs its sender
  /// nothing, and a worker the time of so many signatures, up to a millisecond each.
  static let maximumTries = 4

  /// A key, for one of the algorithms that it may be used with.
  struct Key: Sendable {
    let identifier: String?
    let algorithm: any JWTAlgorithm

    /// Whether the token's signature is this key's.
    func hasSigned(_ token: CompactToken) -> Bool {
      // What is no signature at all, such as one of another length, is an error to JWTKit.
      (try? algorithm.verify(token.signature, signs: token.signed)) ?? false
    }
  }

  /// By the name of the algorithm.
  private let keys: [String: [Key]]
  /// Which keys are not used, and why: a sentence each.
  let remarks: [String]

  /// Reads a file.
  /// - Throws: ``PrincipalError`` if it cannot be read, or for what ``init(_:name:)`` throws.
  init(file: String) async throws(PrincipalError) {
    let data: Data
    do {
      data = try FileHandle(forReadingFrom: URL(filePath: file)).read(upToCount: Self.maximumSize + 1) ?? Data()
    } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
      throw PrincipalError("The keys file \(file) does not exist.")
    } catch {
      throw PrincipalError("The keys file \(file) cannot be read: \(error.localizedDescription)")
    }
    try await self.init(data, name: "keys file \(file)")
  }

  /// Reads a set.
  ///
  /// - Parameters:
  ///   - data: The set's text.
  ///   - name: What errors and remarks call it, behind "the".
  ///   - ignoresUnreadable: A key that cannot be read is left out with a remark (RFC 7517 section 5), so that an issuer
  ///     that publishes one withdraws others all the same. Otherwise it is an error, which whoever wrote the file sees.
  /// - Throws: ``PrincipalError`` if it is no key set, holds a secret, or no key that can be used.
  init(_ data: Data, name: String, ignoresUnreadable: Bool = false) async throws(PrincipalError) {
    let entries = try Self.entries(of: data, name)
    guard entries.count <= Self.maximumKeys else {
      throw PrincipalError("The \(name) has \(entries.count) keys, more than \(Self.maximumKeys).")
    }
    var keys: [String: [Key]] = [:]
    var remarks: [String] = []
    /// A key that cannot be read, and why: a sentence's end.
    func leaveOut(_ keyName: String, _ reason: String) throws(PrincipalError) {
      guard ignoresUnreadable else { throw PrincipalError("\(keyName) \(reason).") }
      remarks.append("\(keyName) is not used: it \(reason).")
    }
    for (index, entry) in entries.enumerated() {
      guard let entry else {
        try leaveOut("Key \(index + 1) of the \(name)", "has no kty, or a member that is no string")
        continue
      }
      let keyName = "Key \(index + 1)\(entry.identifier.map { " (kid \(KeyEntry.shown($0)))" } ?? "") of the \(name)"
      switch try entry.use(keyName) {
      case .ignored(let reason): remarks.append("\(keyName) is not used: \(reason).")
      case .unreadable(let reason): try leaveOut(keyName, reason)
      case .verify(let key, let algorithms):
        for algorithm in algorithms {
          guard let made = await Self.key(key, algorithm) else {
            try leaveOut(keyName, "is no valid key for \(algorithm.rawValue)")
            break
          }
          keys[algorithm.rawValue, default: []].append(made)
        }
      }
    }
    guard !keys.isEmpty else {
      let sentences = ["The \(name) has no key that tokens can be verified by."] + remarks
      throw PrincipalError(sentences.joined(separator: " "))
    }
    let crowded = keys.filter { $0.value.count > Self.maximumTries }.keys.sorted()
    if !crowded.isEmpty {
      remarks.append(
        "The \(name) has more than \(Self.maximumTries) keys for \(crowded.joined(separator: ", ")): a token that names "
          + "none of them by kid is refused.")
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
  /// - Returns: None for a token that no key here can have signed; nil where there are more than ``maximumTries``.
  func candidates(identifier: String?, algorithm: String) -> [Key]? {
    let candidates = named(identifier, keys[algorithm] ?? [])
    return candidates.count > Self.maximumTries ? nil : candidates
  }

  private func named(_ identifier: String?, _ fitting: [Key]) -> [Key] {
    guard let identifier else { return fitting }
    let named = fitting.filter { $0.identifier?.utf8.elementsEqual(identifier.utf8) ?? false }
    return named.isEmpty ? fitting.filter { $0.identifier == nil } : named
  }

  private static func entries(of data: Data, _ name: String) throws(PrincipalError) -> [KeyEntry?] {
    guard data.count <= maximumSize else {
      throw PrincipalError("The \(name) is larger than 1 MiB: no issuer's key set is.")
    }
    do {
      return try JSONDecoder().decode(KeyFile.self, from: data).keys
    } catch {
      throw PrincipalError(
        "The \(name) is no JSON Web Key Set: it must be an object with a member keys (RFC 7517), as the issuer of the "
          + "tokens publishes it.")
    }
  }

  /// Nil for what is no valid key of the algorithm.
  private static func key(_ key: JWK, _ algorithm: JWK.Algorithm) async -> Key? {
    var single = key
    single.algorithm = algorithm
    // JWTKit asks for a name; alone in its collection, the key is found by any.
    single.keyIdentifier = "only"
    let collection = JWTKeyCollection()
    do {
      try await collection.add(jwk: single)
      // Made of numbers that are no key, it fails here and not at the first token.
      let verifier = try await collection.getKey(alg: algorithm.rawValue)
      return Key(identifier: key.keyIdentifier?.string, algorithm: verifier)
    } catch {
      return nil
    }
  }
}
