"""The sample images that nbdock ships as data: recipes, and the OCI image layout that is built from them."""
