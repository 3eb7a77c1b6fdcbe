"""The protocol edge: gRPC in, Arrow out. The only package that knows gRPC and protobuf."""

from unbounded.connect.client_package import skip_dependency_check

skip_dependency_check()
