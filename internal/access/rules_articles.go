package access

// articleRules are for the newsroom: articles, files and the sources of news.
var articleRules = Rules{}
