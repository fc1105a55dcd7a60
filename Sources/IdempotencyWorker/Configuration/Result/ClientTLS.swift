/// TLS as a client, to the origin or to the store: files in PEM form, absolute paths.
struct ClientTLS: Sendable, Hashable {
  /// The authorities that the server's certificate must come from; nil for the system's.
  var caFile: String?
  /// This worker's certificate chain; there exactly if ``keyFile`` is.
  var certificateFile: String?
  /// This worker's private key.
  var keyFile: String?
  /// Whether the server's certificate and name are verified.
  var verify = true
}
