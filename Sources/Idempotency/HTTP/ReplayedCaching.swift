/// What a replay says to caches (rule W13).
///
/// An origin's directives are about its answer when it was new. A replay may come a day later, with a `Date` of its own:
/// what said how long the answer is fresh would count anew from there, and no cache could tell. So a replay grants no
/// freshness: `max-age` and `Expires` are 0, and `Age` and what speaks to shared caches alone are left out, see
/// ``FieldName``. What forbids stays. Where keys belong to callers no shared cache may keep a replay: it is `private`, if
/// it is not forbidden to more.
///
/// Written by hand: a Cache-Control value is a list that no library here reads.
enum ReplayedCaching {
  /// Whether a field is replayed as it was stored.
  ///
  /// - Parameters:
  ///   - field: A field of an answer.
  ///   - isForOneCaller: Whether keys belong to callers; asked only where that counts.
  /// - Returns: Whether nothing of it is changed.
  static func isKeptWhole(_ field: RecordMetadata.Field, isForOneCaller: @autoclosure () -> Bool) -> Bool {
    switch field.name.utf8.count {
    case 7 where field.name.isField("expires"): field.value == "0"
    case 13 where field.name.isField("cache-control"):
      Directives(field.value, isForOneCaller: isForOneCaller()).areKeptWhole
    default: true
    }
  }

  /// A field as it is replayed.
  static func replayed(_ field: RecordMetadata.Field, isForOneCaller: Bool) -> RecordMetadata.Field {
    guard !isKeptWhole(field, isForOneCaller: isForOneCaller) else { return field }
    // RFC 9111 section 5.3: what is no date, and 0 above all, is in the past.
    guard field.name.isField("cache-control") else { return .init(name: field.name, value: "0") }
    return .init(
      name: field.name, value: Directives(field.value, isForOneCaller: isForOneCaller).replayed(in: field.value))
  }
}

/// The directives of a Cache-Control field (RFC 9111 section 5.2.2).
private struct Directives {
  private enum Meaning {
    /// `no-store`, `no-cache`: nothing is used again without asking the origin.
    case forbids
    case isPrivate
    /// `max-age=0`.
    case isStale
    /// It forbids less than that, or says nothing about being used again.
    case restricts
    /// It says that the answer may be used again, or nobody knows what it says.
    case grants
  }

  private let isForOneCaller: Bool
  private var grants = false
  private var forbids = false
  private var isPrivate = false
  private var isStale = false

  init(_ value: String, isForOneCaller: Bool) {
    self.isForOneCaller = isForOneCaller
    for directive in Self.all(of: value) {
      switch meaning(directive) {
      case .forbids: forbids = true
      case .isPrivate: isPrivate = true
      case .isStale: isStale = true
      case .restricts: break
      case .grants: grants = true
      }
    }
  }

  private var lacksPrivate: Bool { isForOneCaller && !isPrivate && !forbids }

  var areKeptWhole: Bool { !grants && !lacksPrivate }

  /// The directives that a replay repeats, and what it adds.
  func replayed(in value: String) -> String {
    var kept = Self.all(of: value).filter { meaning($0) != .grants }
    if grants, !forbids, !isStale { kept.append("max-age=0") }
    if lacksPrivate { kept.append("private") }
    return kept.joined(separator: ", ")
  }

  private func meaning(_ directive: Substring) -> Meaning {
    let name = directive.prefix { $0 != "=" && $0 != " " && $0 != "\t" }
    // With names of fields they are about those alone.
    let isQualified = name.endIndex != directive.endIndex
    switch name.lowercased() {
    case "no-store": return .forbids
    case "no-cache": return isQualified ? .restricts : .forbids
    case "private": return isQualified ? .restricts : .isPrivate
    case "max-age": return ["=0", "=\"0\""].contains(directive[name.endIndex...]) ? .isStale : .grants
    case "must-revalidate", "proxy-revalidate", "no-transform": return .restricts
    case "public": return isForOneCaller ? .grants : .restricts
    // s-maxage, immutable, stale-…; must-understand, beside which no-store does not count; and what is not known.
    default: return .grants
    }
  }

  /// The directives of a value, without the blanks around them.
  private static func all(of value: String) -> some Sequence<Substring> {
    FieldMembers(value[...]).lazy.map(\.trimmed).filter { !$0.isEmpty }
  }
}
