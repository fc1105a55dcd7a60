import Foundation
import Idempotency

/// A token in its parts (RFC 7515 section 7.1), its header read and nothing verified.
///
/// The header comes from anybody. It is read here and not by JWTKit, whose reader ends the process on a number such as
/// 1e300, and takes one of two members of the same name.
struct CompactToken {
  /// How long a header may be, in bytes: one with a chain of certificates has five or six KiB.
  static let longestHeader = 8 * 1024

  /// The signature's algorithm, as the token says; compare it byte for byte.
  let algorithm: String
  /// The name of the key that has signed it; nil where it says none.
  let keyIdentifier: String?
  /// Its media type; nil where it says none.
  let type: String?
  /// What is signed: header and payload in their encoded form.
  let signed: ArraySlice<UInt8>
  let signature: [UInt8]
  private let encodedPayload: ArraySlice<UInt8>

  private static let picker = JSONPicker(["alg", "kid", "typ", "crit"].map { JSONPointer(member: $0) })

  /// Takes a token apart.
  /// - Throws: ``TokenRefusal/malformed``, also for a critical extension, since none is understood here (RFC 7515
  ///   section 4.1.11).
  init(_ token: String) throws(TokenRefusal) {
    let bytes = Array(token.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Self.decoded(parts[0]), header.count <= Self.longestHeader,
      let signature = Self.decoded(parts[2]), let members = try? Self.picker.values(in: header)
    else { throw .malformed }
    guard case .string(let algorithm)? = members[0], members[3] == nil else { throw .malformed }
    self.algorithm = algorithm
    keyIdentifier = try Self.text(members[1])
    type = try Self.text(members[2])
    signed = bytes[..<parts[1].endIndex]
    self.signature = signature
    encodedPayload = parts[1]
  }

  /// The payload's text; not to be looked at before the signature is known to be good.
  func payload() throws(TokenRefusal) -> [UInt8] {
    guard let payload = Self.decoded(encodedPayload) else { throw .malformed }
    return payload
  }

  /// A member that may be missing; null is as good as that.
  private static func text(_ member: JSONPicker.Value?) throws(TokenRefusal) -> String? {
    switch member {
    case .string(let text)?: return text
    case .null?, nil: return nil
    default: throw .malformed
    }
  }

  /// Undoes base64url without padding; nil where it is none.
  private static func decoded(_ part: ArraySlice<UInt8>) -> [UInt8]? {
    var text = part.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    guard text.count % 4 != 1 else { return nil }
    while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(text)).map { Array($0) }
  }
}
