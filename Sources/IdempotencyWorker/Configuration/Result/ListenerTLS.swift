/// The public listener's TLS: files in PEM form, absolute paths.
struct ListenerTLS: Sendable, Hashable {
  /// The certificate chain, the listener's own first.
  var certificateFile: String
  /// The private key.
  var keyFile: String
  /// The authorities that a client's certificate must come from; nil asks for none.
  var clientCAFile: String?
}
