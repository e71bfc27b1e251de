/// The page at `/`: one document that holds its own style and script and needs nothing else.
enum Page {
  /// The whole document.
  static let document: String = [
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Graft</title>\n",
    "<style>", style, "</style>\n</head>\n", body, "<script>", script,
    "</script>\n</body>\n</html>\n",
  ].joined()
}
