"""The addresses of the Django project: the package's own at the root, and the sign-in page."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.urls import include, path

__all__ = ["urlpatterns"]

urlpatterns = [
    path("sign-in", LoginView.as_view(template_name="sign_in.html")),
    path("", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
