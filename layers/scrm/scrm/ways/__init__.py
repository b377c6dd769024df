"""Contact ways (联系我): codes by which customers come to a node's members, and who came by which."""
