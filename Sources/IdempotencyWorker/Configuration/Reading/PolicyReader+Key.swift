import Idempotency

extension PolicyReader {
  /// Reads `key`: where it comes from and what it looks like.
  func readKey(_ key: Section, _ policy: inout IdempotencyPolicy) {
    policy.keyFormat = key.choice(
      "format", ["any": .any, "uuid": .uuid, "uuid-v4": .uuidV4], default: policy.keyFormat)
    policy.isKeyRequired = key.boolean("required", default: policy.isKeyRequired)
    policy.isKeyStrict = key.boolean("strict", default: policy.isKeyStrict)
    let sources = ["header", "body", "path", "derive"]
    let given = sources.filter { key.node($0) != nil }
    for extra in given.dropFirst() {
      key.fail(extra, "is given beside \(given[0]); expected exactly one of \(sources.joined(separator: ", "))")
    }
    guard let source = given.first else { return }
    policy.keySource = keySource(source, key, policy) ?? policy.keySource
    if source != "header", policy.isKeyStrict {
      key.fail("strict", "is true though the key is no header field; expected false, or key.header")
      policy.isKeyStrict = false
    }
    if source == "derive", policy.keyFormat != .any {
      key.fail("format", "is set though the key is derived; expected any")
      policy.keyFormat = .any
    }
  }

  private func keySource(_ source: String, _ key: Section, _ policy: IdempotencyPolicy) -> KeySource? {
    switch source {
    case "header":
      key.value("header", expected: "the name of a header field", read: HeaderName.parse).map { .header($0) }
    case "body":
      key.value("body", expected: "a JSON pointer such as /txSignature", read: pointer).map { .body($0) }
    case "path":
      pathParameter(key, policy)
    default:
      derivation(key)
    }
  }

  private func pathParameter(_ key: Section, _ policy: IdempotencyPolicy) -> KeySource? {
    let names = policy.path.parameterNames
    let known = names.isEmpty ? "which has none" : names.joined(separator: ", ")
    return key.value("path", expected: "a parameter of match.path: \(known)") { names.contains($0) ? .path($0) : nil }
  }

  private func derivation(_ key: Section) -> KeySource? {
    let expected = "principal or a JSON pointer such as /amount"
    let sources: [KeyDerivation.Source]? = key.values("derive", expected: expected) { text in
      text == "principal" ? .principal : pointer(text).map { .pointer($0) }
    }
    guard let sources else { return nil }
    if !key.context.contains(under: key.name("derive")), !sources.contains(where: { $0 != .principal }) {
      // All operations of a caller would have one key.
      key.fail("derive", "names no part of the operation; expected one JSON pointer at least")
    }
    return .derive(KeyDerivation(sources))
  }

  /// A pointer to a value within the body; the whole body is no name for anything.
  func pointer(_ text: String) -> JSONPointer? {
    text.isEmpty ? nil : try? JSONPointer(text)
  }

  /// Reads `fingerprint`.
  func fingerprint(_ section: Section) -> FingerprintSettings {
    let form = section.choice("body", ["bytes": BodyForm.bytes, "json": .json, "none": .none], default: .bytes)
    let expected = "a JSON pointer such as /amount"
    let fields = section.values("fields", expected: expected, read: pointer) ?? []
    let ignore = section.values("ignore", expected: expected, read: pointer) ?? []
    for (key, pointers) in [("fields", fields), ("ignore", ignore)] where form != .json && !pointers.isEmpty {
      section.fail(key, "is given though the body counts as \(form.rawValue); expected fingerprint.body: json")
    }
    return FingerprintSettings(
      bodyForm: form, fields: fields, ignore: ignore, target: section.boolean("target", default: true),
      headers: section.fieldNames("headers") ?? [])
  }
}
