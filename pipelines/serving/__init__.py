"""What every server of this project needs: who asks from where, and headers of safety."""
