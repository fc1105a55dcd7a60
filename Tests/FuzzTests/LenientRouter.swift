/// What servers make of a request's path before they look for a route, each told naively as a list of steps.
///
/// The names say which server a list is modelled on, from memory: none was run to compare. What counts is that the
/// steps come in orders that this package does not assume.
enum LenientRouter: String, CaseIterable {
  /// RFC 3986 sections 5.2.4 and 6: dot segments first, then decoding.
  case rfc3986
  /// nginx: decodes once, merges slashes, resolves dot segments.
  case nginx
  /// The URL class of browsers, Node, Deno and Bun: `\` is a slash, `%2e` is a dot; the rest is decoded by the router.
  case whatwg
  /// Tomcat: cuts a segment's parameters in the raw path, decodes once, takes `\` for a slash, normalizes.
  case tomcat
  /// A filter that decodes before it cuts parameters, as Spring Security once did.
  case spring
  /// C: a decoded NUL ends the path.
  case cString
  /// IIS with a rewrite in front: decodes twice.
  case twice
  /// nginx in front of Tomcat, passing on the path that it decoded.
  case chain
  /// A router that resolves the target as a reference (`new URL(request.url, base)`): after `//` stands an authority.
  case reference

  private enum Step {
    case cutAuthority, cutFragment, cutParameters, cutAtNUL, decode, decodeDots, backslash, merge, resolve
  }

  private var steps: [Step] {
    switch self {
    case .rfc3986: [.cutFragment, .resolve, .decode]
    case .nginx: [.cutFragment, .decode, .merge, .resolve]
    case .whatwg: [.cutFragment, .backslash, .decodeDots, .resolve, .decode]
    case .tomcat: [.cutParameters, .decode, .backslash, .merge, .resolve]
    case .spring: [.decode, .cutParameters, .merge, .resolve]
    case .cString: [.decode, .cutAtNUL, .merge, .resolve]
    case .twice: [.decode, .decode, .backslash, .merge, .resolve]
    case .reference: [.cutFragment, .backslash, .cutAuthority, .decodeDots, .resolve, .decode]
    case .chain: [.cutFragment, .decode, .merge, .resolve, .cutParameters, .decode, .backslash, .merge, .resolve]
    }
  }

  /// The decoded segments that routes are compared with; a slash at the end does not count.
  func route(_ path: String) -> [String] {
    let result = steps.reduce(path) { Self.apply($1, $0) }
    return Self.segments(result.hasSuffix("/") ? String(result.dropLast()) : result)
  }

  private static func apply(_ step: Step, _ path: String) -> String {
    switch step {
    case .cutAuthority: path.hasPrefix("//") ? String(path.dropFirst(2).drop { $0 != "/" }) : path
    case .cutFragment: String(path.prefix { $0 != "#" })
    case .cutAtNUL: String(path.prefix { $0 != "\0" })
    case .cutParameters: joined(segments(path).map { String($0.prefix { $0 != ";" }) })
    case .decode: decoded(path)
    case .decodeDots: path.replacing("%2e", with: ".").replacing("%2E", with: ".")
    case .backslash: path.replacing("\\", with: "/")
    case .merge: "/" + segments(path).filter { !$0.isEmpty }.joined(separator: "/") + (path.last == "/" ? "/" : "")
    case .resolve: resolved(path)
    }
  }

  /// The segments behind the first slash, empty ones included.
  private static func segments(_ path: String) -> [String] {
    path.unicodeScalars.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
  }

  private static func joined(_ segments: [String]) -> String { "/" + segments.joined(separator: "/") }

  /// Removes dot segments; an empty segment is a segment (RFC 3986 section 5.2.4).
  private static func resolved(_ path: String) -> String {
    let all = segments(path)
    var kept: [String] = []
    for segment in all {
      if segment == ".." { _ = kept.popLast() } else if segment != "." { kept.append(segment) }
    }
    if let last = all.last, last == "." || last == ".." { kept.append("") }
    return joined(kept)
  }

  private static func decoded(_ path: String) -> String {
    var scalars = String.UnicodeScalarView()
    var rest = Array(path.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      let digits = rest.prefix(2).map { Character($0) }
      if scalar == "%", digits.count == 2, let value = UInt8(String(digits), radix: 16), digits[0].isHexDigit {
        scalars.append(Unicode.Scalar(value))
        rest = rest.dropFirst(2)
      } else {
        scalars.append(scalar)
      }
    }
    return String(scalars)
  }
}
