import Crypto

/// The secret that keys the hashes of principals and requests, so that what stands in the store cannot be guessed back.
///
/// All nodes of a service must have the same one; ``id`` in `{prefix}:meta` tells when they do not (CONFORMANCE F11).
/// - Important: Without a secret of its own a service's hashes can be computed by anyone: use ``default`` only where
///   principals are not secret or have far more than 64 random bits.
public struct Pepper: Sendable {
  /// A hash that has taken in the key already and is copied for each use: two SHA-256 blocks saved every time.
  let authenticator: HMAC<SHA256>
  /// Sixteen hexadecimal digits that differ for different secrets and do not tell the secret.
  public let id: String

  /// The pepper of a service that configures none: the ASCII text `swift-idempotency/1` (DESIGN "The record").
  public static let `default` = Pepper(bytes: Array("swift-idempotency/1".utf8))

  /// Makes a pepper of a secret.
  /// - Parameter bytes: The secret, 16 random bytes or more; taken as it is, a file's last line feed included.
  public init(bytes: [UInt8]) {
    authenticator = HMAC<SHA256>(key: SymmetricKey(data: bytes))
    let digest = FrameWriter(authenticator, label: "pepper/1").hexDigest()
    id = String(digest.prefix(16))
  }
}
