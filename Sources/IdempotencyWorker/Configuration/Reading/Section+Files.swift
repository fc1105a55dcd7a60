extension Section {
  /// The absolute path of a file that a setting names; nil when it is missing or an empty text.
  ///
  /// That the file is not there, not readable or empty is noted.
  /// - Parameters:
  ///   - key: The setting.
  ///   - isSecret: Whether the error must not show the name: the secret itself may have been written in its place.
  /// - Returns: The path, of a file that may not be there.
  func file(_ key: String, isSecret: Bool = false) -> String? {
    guard let (text, place) = scalar(key, expected: "the name of a file"), !text.isEmpty else { return nil }
    guard !text.utf8.contains(0) else {
      fail(key, "is not valid; expected the name of a file")
      return nil
    }
    let path = context.files.path(text, namedAt: place)
    if let problem = context.files.problem(path) {
      fail(key, "\(isSecret ? "the file" : ErrorText.quoted(text)) \(problem); expected a readable file")
    }
    return path
  }

  /// The absolute path of a file that a setting must name; empty where it does not, and that is noted.
  func requiredFile(_ key: String) -> String {
    require(key, "the name of a file")
    if node(key) != nil, !isGiven(key) { fail(key, "is empty; expected the name of a file") }
    return file(key) ?? ""
  }

  /// Notes when only one of a certificate and its key is given.
  func requirePair(_ certificate: String, _ key: String) {
    if isGiven(certificate), !isGiven(key) {
      fail(key, "is missing; expected the private key of \(name(certificate))", at: place(certificate))
    } else if isGiven(key), !isGiven(certificate) {
      fail(certificate, "is missing; expected the certificate of \(name(key))", at: place(key))
    }
  }

  /// Whether anything but an empty text was written.
  private func isGiven(_ key: String) -> Bool {
    if case .scalar("", _)? = node(key)?.value { false } else { node(key) != nil }
  }
}
