import Foundation

/// A self-signed certificate for 127.0.0.1, ::1 and localhost, made with the `openssl` command.
struct TestCertificate: Sendable {
  let certificatePath: String
  let keyPath: String

  /// What kind of key a certificate is of.
  enum Key: String, Sendable, CaseIterable {
    case ecdsa, rsa

    fileprivate var arguments: [String] {
      switch self {
      case .ecdsa: ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
      case .rsa: ["-newkey", "rsa:2048"]
      }
    }
  }

  /// Makes one in a directory.
  static func make(in directory: String, key: Key = .ecdsa) async throws -> TestCertificate {
    guard let openssl = ChildProcess.find("openssl") else {
      throw ServerProcessError(message: "openssl is not on PATH; install it, e.g. apt-get install openssl")
    }
    let made = TestCertificate(certificatePath: "\(directory)/server.crt", keyPath: "\(directory)/server.key")
    let process = try await ServerProcess.start(
      openssl,
      ["req", "-x509"] + key.arguments + [
        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1",
        "-keyout", made.keyPath, "-out", made.certificatePath,
      ])
    await process.ended()
    guard FileManager.default.fileExists(atPath: made.certificatePath) else {
      throw ServerProcessError(message: "openssl made no certificate:\n\(process.output)")
    }
    return made
  }
}
